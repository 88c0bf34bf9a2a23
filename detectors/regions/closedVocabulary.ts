import { dotProducts, type Features, features, normalised } from '../features.js';

/**
 * Scoring as open-vocabulary benchmarks do it: the classes are all there is, so that a class's
 * probability is its share in the softmax of temperature · cosine over all of them, and depends on which
 * the others are. It is multiplied, in powers that add up to one, with the confidence of the detector
 * that the region comes from (F-VLM, Kuo et al. 2023, and F-ViT, Wu et al. 2024).
 */

const { exp, log, max } = Math;

/**
 * One unit feature per class: the mean of the unit features of its texts, scaled to length one, as in
 * CLIP's zero-shot classification with several templates.
 * @param texts for each class the text features of its phrasings, normalised or not.
 */
export function classFeatures(texts: readonly Features[]): Features {
  const { dimension } = texts[0];
  const sums = new Float32Array(texts.length * dimension);
  texts.forEach((phrasings, index) => {
    const unit = normalised(phrasings).values;
    for (let i = 0; i < unit.length; i++) sums[index * dimension + (i % dimension)] += unit[i];
  });
  return normalised(features(sums, dimension));
}

export interface ClosedVocabularyOptions {
  /** What cosines are multiplied by: 75 for COCO and 50 for LVIS in F-ViT, or the model's logit scale. */
  temperature: number;
  /** Unit text features that take part in the softmax without being a class: "background". */
  background?: Features;
}

/**
 * Logarithms of the classes' probabilities for each region. As logarithms they stay exact where the
 * probability itself would be too small for a number.
 * @param regions region features, not normalised.
 * @param classes unit text features.
 * @returns [regions, classes].
 */
export function logProbabilities(
  regions: Features,
  classes: Features,
  { temperature, background }: ClosedVocabularyOptions,
): Float64Array {
  const unit = normalised(regions);
  const logits = scaled(dotProducts(unit, classes), temperature);
  const others = scaled(background ? dotProducts(unit, background) : [], temperature);
  for (let region = 0; region < regions.count; region++) {
    const own = row(logits, region, regions.count);
    const total = logSumExp(own, row(others, region, regions.count));
    for (let i = 0; i < own.length; i++) own[i] -= total;
  }
  return logits;
}

/** A class that a region shows. */
export interface RegionClass {
  /** Index of the region. */
  region: number;
  /** Index of the class. */
  class: number;
  /** confidence^(1−weight) · probability^weight, 0..1. */
  score: number;
}

/**
 * The weight of the probability for each class: β where it is novel, α where the detector was trained on
 * it and so is to be trusted more. With 0.5 the score is the geometric mean.
 * @param novel for each class, whether it is.
 */
export function fusionWeights(novel: readonly boolean[], alpha: number, beta: number): number[] {
  return novel.map((isNovel) => (isNovel ? beta : alpha));
}

/**
 * Each region's likeliest class: how the boxes of another detector are scored again.
 * @param logarithms [regions, classes], as `logProbabilities` gives them.
 * @param confidences the detector's, 0..1, of each region.
 * @param weights the probability's weight, 0..1, for each class: 0.5 for the published protocol.
 * @returns one class for each region, in order; the first of equals.
 */
export function likeliestClasses(
  logarithms: Float64Array,
  confidences: ArrayLike<number>,
  weights: ArrayLike<number>,
): RegionClass[] {
  return Array.from(confidences, (confidence, region) => {
    const shares = row(logarithms, region, confidences.length);
    const best = shares.reduce((best, share, i) => (share > shares[best] ? i : best), 0);
    return { region, class: best, score: exp(fused(confidence, shares[best], weights[best])) };
  });
}

/**
 * Every class of every region whose score is at least the threshold, region by region.
 * @param logarithms [regions, classes], as `logProbabilities` gives them.
 * @param confidences the detector's, 0..1, of each region.
 * @param weights the probability's weight, 0..1, for each class, as `fusionWeights` gives them.
 */
export function classesAbove(
  logarithms: Float64Array,
  confidences: ArrayLike<number>,
  weights: ArrayLike<number>,
  threshold: number,
): RegionClass[] {
  const found: RegionClass[] = [];
  for (let region = 0; region < confidences.length; region++) {
    const shares = row(logarithms, region, confidences.length);
    for (let i = 0; i < shares.length; i++) {
      const score = exp(fused(confidences[region], shares[i], weights[i]));
      if (score >= threshold) found.push({ region, class: i, score });
    }
  }
  return found;
}

/** The score's logarithm. */
function fused(confidence: number, logProbability: number, weight: number): number {
  // A factor to the power of zero is one, even where its logarithm is −Infinity.
  const detector = weight < 1 ? (1 - weight) * log(confidence) : 0;
  const classifier = weight > 0 ? weight * logProbability : 0;
  return detector + classifier;
}

function scaled(cosines: ArrayLike<number>, temperature: number): Float64Array {
  const logits = new Float64Array(cosines);
  for (let i = 0; i < logits.length; i++) logits[i] *= temperature;
  return logits;
}

/** log Σ exp over both, without overflow. */
function logSumExp(a: Float64Array, b: Float64Array): number {
  let largest = -Infinity;
  for (const value of a) largest = max(largest, value);
  for (const value of b) largest = max(largest, value);
  let sum = 0;
  for (const value of a) sum += exp(value - largest);
  for (const value of b) sum += exp(value - largest);
  return largest + log(sum);
}

/** The region's row of a matrix with so many rows. */
function row(matrix: Float64Array, region: number, count: number): Float64Array {
  const width = matrix.length / count;
  return matrix.subarray(region * width, (region + 1) * width);
}
