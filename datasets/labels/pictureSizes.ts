import pMap from 'p-map';
import { shownSize } from '../../src/images/decode.js';

/** In pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Files that are read at a time. */
const filesAtOnce = 4;

/** Names of files that can be pictures. */
export const picture = /\.(jpe?g|png|webp|gif|tiff?|avif|svg|bmp)$/i;

/**
 * Width and height of pictures as viewers show them.
 * @throws ImageError naming the file that cannot be read
 */
export function pictureSizes(files: readonly string[]): Promise<Size[]> {
  return pMap(files, shownSize, { concurrency: filesAtOnce });
}
