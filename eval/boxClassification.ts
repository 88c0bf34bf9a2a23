import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { rankOf, unitRows } from './cosine.js';
import type { EncodeOptions } from './encodePictures.js';
import type { EvaluatedModel, TextUse } from './evaluatedModel.js';
import { type BoxedPicture, regionFeaturesOf } from './regionFeatures.js';

/** A picture whose boxes each show one of the classes. */
export interface LabelledPicture extends BoxedPicture {
  /** The class of each box, an index into the class names. */
  classes: readonly number[];
}

/** Shares, 0..1. */
export interface Accuracy {
  top1: number;
  top5: number;
  count: number;
}

/**
 * Box classification: every box's region feature against all classes' text features; ties count
 * against it.
 * @param classTexts for each class the texts that stand for it; their features are averaged
 */
export async function classifyBoxes(
  model: Pick<EvaluatedModel, 'regionFeatures' | 'textFeatures'>,
  pictures: readonly LabelledPicture[],
  classTexts: readonly (readonly string[])[],
  options: EncodeOptions,
): Promise<Accuracy> {
  const classes = await classFeatures(model, classTexts, 'box');
  const regions = await regionFeaturesOf(model, pictures, options);
  const labels = pictures.flatMap((picture) => picture.classes);
  return accuracyOf(regions, classes, labels);
}

/** How often rows of features are closest to their classes' features. @param labels rows of `classes`. */
export function accuracyOf(
  features: NdArray,
  classes: NdArray,
  labels: readonly number[],
): Accuracy {
  const ranks = labels.map((label, row) => rankOf(features, row, classes, label));
  const share = (places: number) => ranks.filter((rank) => rank < places).length / ranks.length;
  return { top1: share(1), top5: share(5), count: ranks.length };
}

/**
 * One feature per class: its texts' features, each normalised, averaged, normalised again.
 * @returns [classes, projection]
 */
export async function classFeatures(
  model: Pick<EvaluatedModel, 'textFeatures'>,
  classTexts: readonly (readonly string[])[],
  use: TextUse,
): Promise<NdArray> {
  const features = unitRows(await model.textFeatures(classTexts.flat(), use));
  const width = features.shape[1];
  const sums = new Float32Array(classTexts.length * width);
  let text = 0;
  classTexts.forEach((texts, index) => {
    for (let i = 0; i < texts.length; i++, text++) {
      for (let k = 0; k < width; k++) sums[index * width + k] += features.data[text * width + k];
    }
  });
  return unitRows(ndarray(sums, [classTexts.length, width]));
}
