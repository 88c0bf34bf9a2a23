import { type Accuracy, accuracyOf, classFeatures } from './boxClassification.js';
import type { EncodeOptions, EvaluatedPicture } from './encodePictures.js';
import type { EvaluatedModel } from './evaluatedModel.js';
import { imageFeaturesOf } from './retrieval.js';

/**
 * Zero-shot classification: every picture's feature against all classes' text features; ties count against
 * it.
 * @param classTexts for each class the texts that stand for it; their features are averaged
 */
export async function classifyPictures(
  model: Pick<EvaluatedModel, 'imageFeatures' | 'textFeatures'>,
  images: readonly (EvaluatedPicture & { label: number })[],
  classTexts: readonly (readonly string[])[],
  options: EncodeOptions,
): Promise<Accuracy> {
  const classes = await classFeatures(model, classTexts, 'short');
  const features = await imageFeaturesOf(model, images, options);
  return accuracyOf(
    features,
    classes,
    images.map(({ label }) => label),
  );
}
