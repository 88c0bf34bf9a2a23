import * as tf from '@tensorflow/tfjs-core';
import { linear, type Parameters } from '../../src/nn/transformer.js';
import { standardised } from '../../src/photos/crops.js';

/** What a step shows, and the frozen part of the classifier. */
export interface NamesTensors {
  /** [crops, 1280] */
  features: tf.Tensor2D;
  /** [crops, 1280]: factors of dropout. */
  kept: tf.Tensor2D;
  /** [crops, names]: 1 for the name; zeros for background. */
  targets: tf.Tensor2D;
  /** `crops.classifier.*`, `names.mean`, `names.std`, and `before.*` of added classes that stay as they are. */
  frozen: Parameters;
}

export interface NamesLosses {
  total: tf.Scalar;
  names: tf.Scalar;
  background: tf.Scalar;
}

/**
 * What new classes learn beside frozen ones: a box's name by cross-entropy over all classes, with label smoothing; of
 * background, that it is none of the new names: −log of the probability of the frozen classes together.
 *
 * That second part is, up to a constant, the cross-entropy with the frozen classes' own softmax as the target: it is
 * least where new classes have no probability, so that the others keep theirs.
 * @param weights `names.weight` [names, 1280], `names.bias` [names]
 */
export function namesLosses(
  weights: Parameters,
  { features, kept, targets, frozen }: NamesTensors,
  labelSmoothing: number,
): NamesLosses {
  const seen = standardised(frozen, features);
  const published = linear(frozen, 'crops.classifier', features);
  const known = frozen['before.weight']
    ? tf.concat([published, linear(frozen, 'before', seen)], 1)
    : published;
  const added = linear(weights, 'names', tf.mul<tf.Tensor2D>(seen, kept));
  const all = tf.concat([known, added], 1);
  const total = logSum(all);
  const classes = all.shape[1];
  const own = tf.sum(tf.mul(added, targets), 1);
  const expected = tf.add(
    tf.mul(own, 1 - labelSmoothing),
    tf.mul(tf.sum(all, 1), labelSmoothing / classes),
  );
  const named = tf.sum(targets, 1);
  const names = tf.mean(tf.mul(named, tf.sub(total, expected)));
  const background = tf.mean(tf.mul(tf.sub(1, named), tf.sub(total, logSum(known))));
  return { total: tf.add(names, background), names, background } as NamesLosses;
}

/** log Σ exp over the last axis. */
function logSum(logits: tf.Tensor2D): tf.Tensor {
  return tf.logSumExp(logits, 1);
}
