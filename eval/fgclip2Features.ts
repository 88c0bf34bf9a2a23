import type { FgClip2 } from '../src/fgclip2/model.js';
import { scaleBox } from '../src/geometry/boxes.js';
import type { PatchLimit } from '../src/images/naflex.js';
import { joinRows } from './cosine.js';
import type { EvaluatedModel } from './evaluatedModel.js';

/** FG-CLIP 2 as measures see it. @param limit the most patches of a picture. */
export function fgclip2Features(model: FgClip2, limit?: PatchLimit): EvaluatedModel {
  return {
    imageFeatures: (images) =>
      model.imageFeatures(images.map((image) => model.preprocess(image, limit))),
    async regionFeatures(images, boxes) {
      const pictures = images.map((image) => model.preprocess(image, limit));
      const inPixels = pictures.map(({ width, height }, i) =>
        boxes[i].map((box) => scaleBox(box, width, height)),
      );
      return joinRows(await model.regionFeatures(pictures, inPixels));
    },
    textFeatures: (texts, length) => model.textFeatures(texts, { length }),
  };
}
