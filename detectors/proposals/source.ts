import type { Xyxy } from '../../src/geometry/boxes.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import type { Size } from '../scales.js';

/** A region that may show something, whatever it is. */
export interface RegionProposal {
  /** In pixels of the picture, or of the tile. */
  box: Xyxy;
  /** 0..1: how likely it is that the box fits one object. */
  quality: number;
  /** What the source itself takes the object for, where it says: a COCO category id, or a name. */
  category?: number | string;
}

/** Where a tile lies in its picture. */
export interface TilePlace {
  /** In pixels of the whole picture. */
  rect: Xyxy;
  /** Size of the whole picture. */
  picture: Size;
}

/** A picture, or a tile of one, that regions are wanted of. */
export interface ProposalRequest {
  /** The pixels, EXIF orientation applied. */
  image: RgbImage;
  /** Where `image` lies, if it is a tile of a larger picture. */
  tile?: TilePlace;
  /** The path or address the picture came from, where it has one: sources that look results up need it. */
  name?: string;
  /** What is looked for, in all its phrasings: for sources with `wantsPrompts`. */
  prompts?: readonly string[];
}

/**
 * Where regions come from when the model itself does not find them: another detector, a file of its
 * results, or something of one's own. FG-CLIP classifies the regions afterwards.
 */
export interface ProposalSource {
  /**
   * Whether regions depend on what is looked for. It is then asked anew, with `prompts`, whenever a picture is asked
   * about, and another prompt may change the boxes of all. Default: false.
   */
  readonly wantsPrompts?: boolean;
  /**
   * The regions of a picture, or of a tile, in any order.
   * @throws UserError naming the picture for which there can be none.
   */
  propose(request: ProposalRequest): Promise<readonly RegionProposal[]>;
  /** Frees what the source holds. */
  dispose?(): Promise<void>;
}
