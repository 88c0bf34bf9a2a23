import type { FgClip } from '../src/fgclip/model.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { joinRows, unitRows } from './cosine.js';
import { type EncodeOptions, type EvaluatedPicture, encodePictures } from './encodePictures.js';

/** What the measures on boxes need of a model. */
export type RegionModel = Pick<FgClip, 'regionFeatures'> & {
  config: { vision: { patchSize: number } };
};

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
  model: RegionModel,
  pictures: readonly BoxedPicture[],
  options: EncodeOptions,
): Promise<NdArray> {
  const { width, height } = options.preprocessing;
  const { patchSize } = model.config.vision;
  const [columns, rows] = [width / patchSize, height / patchSize];
  const scales = [columns, rows, columns, rows];
  const features = await encodePictures(pictures, options, (pixels, batch) => {
    const regions = batch.flatMap(({ boxes }, image) =>
      boxes.map((box) => [image, ...box.map((share, i) => Math.fround(share) * scales[i])]),
    );
    const data = Float32Array.from(regions.flat());
    return model.regionFeatures(pixels, ndarray(data, [regions.length, 5]));
  });
  return unitRows(joinRows(features));
}
