import type { Xyxy } from '../../src/geometry/boxes.js';
import { meanOfSets, normalised } from '../features.js';
import type { View } from '../view.js';
import type { RegionClassifier } from './classifier.js';

/** A name that the model knows of itself and that a region may show. */
export interface LookAlike {
  name: string;
  /** 0..1: of the softmax over the contrast vocabulary; of the model for photographs, the score of that name. */
  probability: number;
}

/**
 * How much a region looks like each noun of the contrast vocabulary, by falling probability.
 * @param box in shares of the picture's sides.
 * @param nouns in the order of the classifier's contrast.
 */
export function lookAlikes(
  views: readonly View[],
  box: Xyxy,
  nouns: readonly string[],
  classifier: RegionClassifier,
): LookAlike[] {
  const seen = views.map((view) => normalised(view.features([view.toCells(box)])));
  const { contrast, total } = classifier.evidence(meanOfSets(seen));
  return nouns
    .map((name, i) => ({ name: name.split('|')[0], probability: contrast[i] / total[0] }))
    .sort((a, b) => b.probability - a.probability);
}
