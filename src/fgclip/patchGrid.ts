import type { Grid } from '../geometry/grid.js';
import type { VisionConfig } from './config.js';

/**
 * The patch grid of pictures.
 * @param shape [images, channels, height, width]
 * @throws when a side is not a multiple of the patch size.
 */
export function patchGrid(shape: readonly number[], { patchSize }: VisionConfig): Grid {
  const [height, width] = shape.slice(-2);
  if (height % patchSize !== 0 || width % patchSize !== 0) {
    throw new Error(
      `pictures of ${width}×${height} pixels do not divide into patches of ${patchSize}.`,
    );
  }
  return { rows: height / patchSize, columns: width / patchSize };
}
