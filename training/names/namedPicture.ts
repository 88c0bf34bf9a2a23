import type { Size } from '../../detectors/scales.js';
import type { Xyxy } from '../../src/geometry/boxes.js';

/** A box, and the place of its name in the list. */
export interface NamedBox {
  /** In pixels of the picture. */
  box: Xyxy;
  name: number;
}

/** A picture to learn names from. */
export interface NamedPicture {
  path: string;
  /**
   * What it shows: boxes, in pixels as they are stored, before any EXIF rotation; or one thing that fills the picture
   * as viewers show it.
   */
  shows: { size: Size; boxes: NamedBox[]; neither: Xyxy[] } | { name: number };
}
