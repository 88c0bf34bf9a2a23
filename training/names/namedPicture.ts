import type { Size } from '../../detectors/scales.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import type { ExifChoice } from '../../src/images/orientation.js';

/** A box, and the place of its name in the list. */
export interface NamedBox {
  /** In pixels of the picture. */
  box: Xyxy;
  name: number;
}

/** A picture to learn names from. */
export interface NamedPicture {
  path: string;
  /** Which way round a picture with an EXIF orientation is taken. Default: as the size of its boxes says, or as shown. */
  exif?: ExifChoice;
  /** What it shows: boxes in a picture of that size, or one thing that fills the picture. */
  shows: { size: Size; boxes: NamedBox[]; neither: Xyxy[] } | { name: number };
}
