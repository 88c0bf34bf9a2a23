import { boxIou, type Xyxy } from '../../src/geometry/boxes.js';
import type { FoundBox } from '../../src/photos/decodeBoxes.js';

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
export function scoreOf({ scores, classes, weight }: RegionFeatures, likeness: Float32Array) {
  const sum = scoreOfBox(scores, likeness);
  return classes ? sum + weight * scoreOfClasses(classes, likeness, scores.length) : sum;
}

/** The most that x can become when the crop is looked at: as if all of it were the class most like the text. */
export function mostOf({ scores, weight }: RegionFeatures, likeness: Float32Array): number {
  let most = 0;
  for (let i = scores.length; i < likeness.length; i++) most = max(most, likeness[i]);
  return scoreOfBox(scores, likeness) + weight * most;
}

function scoreOfBox(scores: Float32Array, likeness: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i] * likeness[i];
  return sum;
}

function scoreOfClasses(classes: Float32Array, likeness: Float32Array, first: number): number {
  let sum = 0;
  for (let i = 0; i < classes.length; i++) sum += classes[i] * likeness[first + i];
  return sum;
}
