import { boxIou, type Xyxy } from '../../src/geometry/boxes.js';
import type { FoundBox } from '../../src/photos/decodeBoxes.js';
import type { NameRow } from './nameRows.js';
import { product } from './product.js';

const { max } = Math;

/** IoU from which on a box of the network says something about a given box. */
const leastOverlap = 0.2;

/**
 * What the model for photographs knows of a region. Its features are the scores of the classes of the boxes' network,
 * then the probabilities of the classes of crops, times `weight`; those are 0 while the crop was not looked at.
 */
export interface RegionFeatures {
  /** Of the classes of the boxes' network, 0..1. */
  scores: Float32Array;
  /** Of the classes of crops; undefined: not looked at. */
  classes?: Float32Array;
  weight: number;
}

/**
 * Scores of the network's classes for a box that it did not find: the best of what it says of boxes there, the less
 * the less they overlap.
 * @param box in the units of the found ones.
 */
export function scoresOfGiven(box: Xyxy, found: readonly FoundBox[], count: number): Float32Array {
  const scores = new Float32Array(count);
  for (const other of found) {
    const share = boxIou(box, other.box) - leastOverlap;
    if (share <= 0) continue;
    for (let i = 0; i < count; i++) scores[i] = max(scores[i], share * other.scores[i]);
  }
  return scores;
}

/** x = r · f′. @param likeness f′, [classes]. */
export function scoreOf(
  { scores, classes, weight }: RegionFeatures,
  likeness: Float32Array,
): number {
  const first = scores.length;
  const sum = product(scores, 0, likeness, 0, first);
  return classes ? sum + weight * product(classes, 0, likeness, first, classes.length) : sum;
}

/** The most that x can become when the crop is looked at: as if all of it were the class most like the text. */
export function mostOf(
  { scores, weight }: RegionFeatures,
  { likeness, mostOfCrop }: NameRow,
): number {
  return product(scores, 0, likeness, 0, scores.length) + weight * mostOfCrop;
}

/** r: the scores, then the weighed probabilities; zeros where the crop was not looked at. */
export function vectorOf(
  { scores, classes, weight }: RegionFeatures,
  length: number,
): Float32Array {
  const vector = new Float32Array(length);
  vector.set(scores);
  classes?.forEach((value, i) => {
    vector[scores.length + i] = weight * value;
  });
  return vector;
}
