import type { Xyxy } from '../src/geometry/boxes.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import type { NdArray } from '../src/jit/ndarray.js';

/**
 * What texts are compared with: whole pictures, `long` texts or `short` ones, or regions (`box`). Families with fewer
 * projections take the nearest.
 */
export type TextUse = 'short' | 'long' | 'box';

/** What the measures of features need of a model, whatever its family. Features need not be of length one. */
export interface EvaluatedModel {
  /** [images, width] */
  imageFeatures(images: readonly RgbImage[]): Promise<NdArray>;
  /**
   * @param boxes of each image, in shares of its width and height.
   * @returns [boxes, width], image by image
   */
  regionFeatures(
    images: readonly RgbImage[],
    boxes: readonly (readonly Xyxy[])[],
  ): Promise<NdArray>;
  /** [texts, width] */
  textFeatures(texts: readonly string[], use: TextUse): Promise<NdArray>;
}
