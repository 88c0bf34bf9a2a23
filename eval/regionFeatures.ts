import type { NdArray } from '../src/jit/ndarray.js';
import { joinRows, unitRows } from './cosine.js';
import { type EncodeOptions, type EvaluatedPicture, encodePictures } from './encodePictures.js';
import type { EvaluatedModel } from './evaluatedModel.js';

/** A picture with boxes; x1, y1, x2, y2 in shares of its width and height. */
export interface BoxedPicture extends EvaluatedPicture {
  boxes: readonly (readonly [number, number, number, number])[];
}

/**
 * Region features of all boxes, of length one.
 * @returns [boxes, projection], picture by picture
 * @throws ImageError for a picture that cannot be read
 */
export async function regionFeaturesOf(
  model: Pick<EvaluatedModel, 'regionFeatures'>,
  pictures: readonly BoxedPicture[],
  options: EncodeOptions,
): Promise<NdArray> {
  const features = await encodePictures(pictures, options, (images, batch) =>
    model.regionFeatures(
      images,
      batch.map(({ boxes }) => boxes),
    ),
  );
  return unitRows(joinRows(features));
}
