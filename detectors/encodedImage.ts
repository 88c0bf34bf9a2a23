import type { Xyxy } from '../src/geometry/boxes.js';
import type { TakenAs } from '../src/images/orientation.js';
import type { Region, SeenPart } from './featureModel.js';
import type { Size } from './scales.js';

/** A part of a picture, encoded. */
export interface EncodedPart {
  /** In pixels of the picture. */
  rect: Xyxy;
  seen: SeenPart;
  /** The regions to look at for these prompts, where they depend on them. */
  regionsFor?(prompts: readonly string[]): Promise<readonly Region[]>;
}

/** A picture that has been encoded; any number of prompts can be asked of it. */
export interface EncodedImage extends Size {
  /** The whole picture, then its tiles, if it was looked at in tiles too. */
  readonly parts: readonly EncodedPart[];
  /** Of a file whose EXIF orientation makes a difference: which way round it was taken. */
  readonly takenAs?: TakenAs;
}
