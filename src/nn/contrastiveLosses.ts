import * as tf from '@tensorflow/tfjs-core';

/** Stands for −∞ in logits that are masked out; finite, so that no difference of two becomes NaN. */
export const maskedLogit = -1e9;

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
  const places = tf.range(0, rows, 1, 'int32') as tf.Tensor1D;
  const same = identity && { rows: identity, all: identity };
  const losses = bothDirections([a, a], [b, b], logitScale, { places, same, valid });
  if (!valid) return tf.mean(losses) as tf.Scalar;
  return tf.div(tf.sum(tf.mul(losses, valid)), tf.maximum(tf.sum(valid), 1)) as tf.Scalar;
}

/** Some rows of a feature matrix, and all of them. */
export type Share = readonly [rows: tf.Tensor2D, all: tf.Tensor2D];

/**
 * What some rows contribute to `infoNce` of all: the contributions of shares that together are all rows
 * add up to it. Gradients of the rows and of all are to be added up likewise.
 * @param a [rows, width] and [all, width], not normalised
 * @param b likewise
 * @param places int32 [rows]: which of all each row is
 * @param same int32 [rows] and [all]: `Pairing.identity`
 * @returns scalar
 */
export function infoNceShare(
  a: Share,
  b: Share,
  logitScale: tf.Scalar,
  places: tf.Tensor1D,
  same?: { rows: tf.Tensor1D; all: tf.Tensor1D },
): tf.Scalar {
  const losses = bothDirections(a, b, logitScale, { places, same });
  return tf.div(tf.sum(losses), a[1].shape[0]) as tf.Scalar;
}

interface Matching {
  places: tf.Tensor1D;
  same?: { rows: tf.Tensor1D; all: tf.Tensor1D };
  /** Of all: 0 for those that are nobody's negatives. */
  valid?: tf.Tensor1D;
}

/** For each row the mean of its cross-entropies in both directions; [rows]. */
function bothDirections(a: Share, b: Share, logitScale: tf.Scalar, matching: Matching) {
  const [[aRows, aAll], [bRows, bAll]] = [a, b].map(([rows, all]) => {
    const normalised = l2Normalise(all);
    return [rows === all ? normalised : l2Normalise(rows), normalised];
  });
  const both = tf.add(
    crossEntropies(aRows, bAll, logitScale, matching),
    crossEntropies(bRows, aAll, logitScale, matching),
  );
  return tf.mul(both, 0.5) as tf.Tensor1D;
}

/** Of each row against all of the other side, the one at its place being true; [rows]. */
function crossEntropies(
  rows: tf.Tensor2D,
  all: tf.Tensor2D,
  logitScale: tf.Scalar,
  { places, same, valid }: Matching,
): tf.Tensor1D {
  const [count, others] = [rows.shape[0], all.shape[0]];
  const column = (numbers: tf.Tensor1D) => tf.reshape(numbers, [count, 1]);
  let logits: tf.Tensor2D = tf.mul(tf.matMul(rows, all, false, true), tf.exp(logitScale));
  const own = tf.cast(tf.equal(column(places), tf.range(0, others, 1, 'int32')), 'float32');
  if (same) {
    const twins = tf.cast(
      tf.equal(column(same.rows), tf.reshape(same.all, [1, others])),
      'float32',
    );
    logits = tf.add(logits, tf.mul(tf.mul(twins, tf.sub(1, own)), maskedLogit));
  }
  if (valid) {
    logits = tf.add(logits, tf.mul(tf.sub(1, tf.reshape(valid, [1, others])), maskedLogit));
  }
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), own), 1)) as tf.Tensor1D;
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
