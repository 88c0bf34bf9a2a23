import type { FgClip } from '../src/fgclip/model.js';
import { type Preprocessing, preprocess } from '../src/images/preprocess.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import { ndarray } from '../src/jit/ndarray.js';
import type { EvaluatedModel } from './evaluatedModel.js';

type Features = Pick<FgClip, 'imageFeatures' | 'regionFeatures' | 'textFeatures'> & {
  config: { vision: { patchSize: number } };
};

/**
 * FG-CLIP as measures see it. Fewer images than came at first are filled up, so that it is compiled for one number.
 * @param preprocessing what makes pictures the model's input; sides are multiples of its patches.
 */
export function fgclipFeatures(model: Features, preprocessing: Preprocessing): EvaluatedModel {
  let most = 0;
  const pixelsOf = (images: readonly RgbImage[]) => {
    most = Math.max(most, images.length);
    const filling = Array.from({ length: most - images.length }, () => images[0]);
    return preprocess([...images, ...filling], preprocessing);
  };
  const { patchSize } = model.config.vision;
  const [columns, rows] = [preprocessing.width / patchSize, preprocessing.height / patchSize];
  const scales = [columns, rows, columns, rows];
  return {
    async imageFeatures(images) {
      const { data, shape } = await model.imageFeatures(pixelsOf(images));
      return ndarray(data.slice(0, images.length * shape[1]), [images.length, shape[1]]);
    },
    regionFeatures(images, boxes) {
      const regions = boxes.flatMap((own, image) =>
        own.map((box) => [image, ...box.map((share, i) => Math.fround(share) * scales[i])]),
      );
      const data = Float32Array.from(regions.flat());
      return model.regionFeatures(pixelsOf(images), ndarray(data, [regions.length, 5]));
    },
    textFeatures: (texts, use) =>
      model.textFeatures(texts, { length: use === 'long' ? 'long' : 'short' }),
  };
}
