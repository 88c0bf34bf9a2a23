import type { TakenAs } from './orientation.js';

/** A picture in memory: `data` is [height, width, 3], rows from the top, red first, 0..255 in sRGB. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** Of a decoded file whose EXIF orientation makes a difference: which way round it was taken. */
  readonly takenAs?: TakenAs;
}
