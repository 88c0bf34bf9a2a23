import * as tf from '@tensorflow/tfjs-core';

/** Stands for −∞ in logits that are masked out; finite, so that no difference of two becomes NaN. */
const maskedLogit = -1e9;

/** Rows scaled to length one. Rows of zeros stay zeros, with zero gradient. x: [rows, width]. */
export function l2Normalise(x: tf.Tensor2D): tf.Tensor2D {
  return tf.div(x, tf.sqrt(tf.maximum(tf.sum(tf.square(x), -1, true), 1e-24)));
}

/** How rows of two feature matrices are paired in a contrastive loss. */
export interface Pairing {
  /** float32 [rows], 1 for pairs that count, 0 for padding. Default: all count. */
  valid?: tf.Tensor1D;
  /**
   * int32 [rows]: pairs of equal numbers have identical texts, which are then not each other's negatives.
   * Default: identical texts are negatives, as in the reference.
   */
  identity?: tf.Tensor1D;
}

/**
 * Symmetric InfoNCE: the mean of both directions' cross-entropies, row i of one matching row i of the
 * other. No pair at all gives zero.
 * @param a [rows, width], not normalised
 * @param b [rows, width], not normalised
 * @param logitScale scalar; the temperature is its exponential
 * @returns scalar
 */
export function infoNce(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  logitScale: tf.Scalar,
  { valid, identity }: Pairing = {},
): tf.Scalar {
  const rows = a.shape[0];
  const cosines = tf.matMul(l2Normalise(a), l2Normalise(b), false, true);
  let logits: tf.Tensor2D = tf.mul(cosines, tf.exp(logitScale));
  const places = tf.range(0, rows, 1, 'int32');
  const eye = tf.cast(tf.equal(tf.reshape(places, [rows, 1]), places), 'float32');
  if (identity) {
    const same = tf.equal(tf.reshape(identity, [rows, 1]), tf.reshape(identity, [1, rows]));
    const twins = tf.mul(tf.cast(same, 'float32'), tf.sub(1, eye));
    logits = tf.add(logits, tf.mul(twins, maskedLogit));
  }
  const weights = valid ?? tf.ones([rows]);
  const count = tf.sum(weights);
  if (valid) {
    const columns = tf.mul(tf.sub(1, tf.reshape(valid, [1, rows])), maskedLogit);
    const lines = tf.mul(tf.sub(1, tf.reshape(valid, [rows, 1])), maskedLogit);
    logits = tf.add(tf.add(logits, columns), lines);
  }
  const direction = (oriented: tf.Tensor2D) => {
    const own = tf.sum(tf.mul(tf.logSoftmax(oriented), eye), 1);
    return tf.div(tf.sum(tf.mul(tf.neg(own), weights)), tf.maximum(count, 1));
  };
  const both = tf.add(direction(logits), direction(tf.transpose(logits)));
  return tf.mul(both, 0.5) as tf.Scalar;
}

/**
 * Cross-entropy of each region's one true description against its wrong ones. No region gives zero.
 * @param regions [regions, width], not normalised
 * @param texts [regions, choices, width], the true one first, not normalised
 * @param logitScale scalar; the temperature is its exponential
 * @param valid float32 [regions], 1 for regions that count; default all
 * @returns scalar
 */
export function hardNegativeLoss(
  regions: tf.Tensor2D,
  texts: tf.Tensor3D,
  logitScale: tf.Scalar,
  valid?: tf.Tensor1D,
): tf.Scalar {
  const [count, choices, width] = texts.shape;
  const normalised = tf.reshape(l2Normalise(tf.reshape(texts, [count * choices, width])), [
    count,
    choices,
    width,
  ]);
  const own = tf.reshape(l2Normalise(regions), [count, 1, width]);
  const cosines = tf.reshape(tf.matMul(own, normalised, false, true), [count, choices]);
  const logits = tf.mul(cosines, tf.exp(logitScale));
  const losses = tf.neg(tf.reshape(tf.slice(tf.logSoftmax(logits), [0, 0], [count, 1]), [count]));
  const weights = valid ?? tf.ones([count]);
  return tf.div(tf.sum(tf.mul(losses, weights)), tf.maximum(tf.sum(weights), 1)) as tf.Scalar;
}
