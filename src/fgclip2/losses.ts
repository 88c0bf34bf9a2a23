import * as tf from '@tensorflow/tfjs-core';
import { l2Normalise, maskedLogit, type Share } from '../nn/contrastiveLosses.js';

/**
 * What some pictures contribute to the sigmoid loss of all: every pair of a picture and a text is judged by itself, whether
 * the two belong together. The contributions of shares that together are all pictures add up.
 * @param images [rows, width] and [all, width], not normalised
 * @param texts likewise
 * @param scale scalar; its exponential multiplies cosines
 * @param bias scalar, added to them
 * @param places int32 [rows]: which of all each row is
 * @param same int32 [rows] and [all], equal for equal texts: such pairs do not count
 * @returns scalar: the sum over pairs, for each of all pictures
 */
export function sigmoidShare(
  [images]: Share,
  [, texts]: Share,
  scale: tf.Scalar,
  bias: tf.Scalar,
  places: tf.Tensor1D,
  same?: { rows: tf.Tensor1D; all: tf.Tensor1D },
): tf.Scalar {
  const [rows, all] = [images.shape[0], texts.shape[0]];
  const column = (numbers: tf.Tensor1D) => tf.reshape(numbers, [rows, 1]);
  const cosines = tf.matMul(l2Normalise(images), l2Normalise(texts), false, true);
  const logits = tf.add(tf.mul(cosines, tf.exp(scale)), bias);
  const own = asNumbers(tf.equal(column(places), tf.range(0, all, 1, 'int32')));
  let losses = tf.softplus(tf.mul(logits, tf.sub(1, tf.mul(own, 2))));
  if (same) {
    const twins = asNumbers(tf.equal(column(same.rows), tf.reshape(same.all, [1, all])));
    losses = tf.mul(losses, tf.sub(1, tf.mul(twins, tf.sub(1, own))));
  }
  return tf.div(tf.sum(losses), all);
}

/** Texts that a text is held against. */
const nearest = 10;

/** Cosine from which on two texts say the same. */
const sameMeaning = 0.95;

/**
 * The contrast among texts of regions: the mean over texts of log Σ exp of the largest cosines with others, ten or as many as
 * there are. Those of texts that say the same count as 0, as does a text's own. No text gives zero.
 * @param texts [texts, width], not normalised
 * @param valid float32 [texts], 1 for texts that count
 * @returns scalar
 */
export function textContrast(texts: tf.Tensor2D, valid: tf.Tensor1D): tf.Scalar {
  const count = texts.shape[0];
  const unit = l2Normalise(texts);
  const cosines = tf.matMul(unit, unit, false, true);
  const others = tf.sub(1, tf.eye(count));
  const counted = tf.mul(asNumbers(tf.lessEqual(cosines, sameMeaning)), others);
  // A text's own zero stays, so that also a row without texts has a logarithm.
  const missing = tf.mul(others, tf.sub(1, tf.reshape(valid, [1, count])));
  const held = tf.add(tf.mul(cosines, counted), tf.mul(missing, maskedLogit));
  const { values } = tf.topk(held, Math.min(nearest, count));
  return meanOf(tf.log(tf.sum(tf.exp(values), 1)), valid);
}

/** The parts of the loss of wrong descriptions, and what the next step's margin is made of. */
export interface HardLosses {
  /** Regions against all texts, true and wrong, and true texts against regions. */
  contrastive: tf.Scalar;
  /** Regions against their own texts. */
  pair: tf.Scalar;
  /** By how much wrong texts come nearer to the true one than the margin. */
  margin: tf.Scalar;
  /** By how much true texts' logits exceed wrong ones', on average; without regions the margin. */
  gap: tf.Scalar;
}

/**
 * The losses of regions with wrong descriptions. No region gives zero.
 * @param regions [regions, width], not normalised
 * @param texts [regions, choices, width], the true one first, not normalised
 * @param scale scalar; its exponential multiplies cosines
 * @param valid float32 [regions], 1 for regions that count
 * @param margin scalar, of logits
 */
export function hardLosses(
  regions: tf.Tensor2D,
  texts: tf.Tensor3D,
  scale: tf.Scalar,
  valid: tf.Tensor1D,
  margin: tf.Scalar,
): HardLosses {
  const [count, choices, width] = texts.shape;
  const unit = l2Normalise(regions);
  const unitTexts = l2Normalise(tf.reshape(texts, [count * choices, width]));
  const all = tf.mul(tf.matMul(unit, unitTexts, false, true), tf.exp(scale));
  const byRegion: tf.Tensor3D = tf.reshape(all, [count, count, choices]);
  const pairs = tf.matMul(
    tf.reshape(unit, [count, 1, width]),
    tf.reshape(unitTexts, [count, choices, width]),
    false,
    true,
  );
  const own: tf.Tensor2D = tf.mul(tf.reshape(pairs, [count, choices]), tf.exp(scale));
  const truth: tf.Tensor1D = tf.reshape(tf.slice(own, [0, 0], [-1, 1]), [count]);
  const wrong = tf.slice(own, [0, 1], [-1, -1]);

  const absent = tf.mul(tf.sub(1, valid), maskedLogit);
  const amongTexts = tf.add(byRegion, tf.reshape(absent, [1, count, 1]));
  const trueTexts: tf.Tensor2D = tf.reshape(tf.slice(byRegion, [0, 0, 0], [-1, -1, 1]), [
    count,
    count,
  ]);
  const amongRegions = tf.add(tf.transpose(trueTexts), tf.reshape(absent, [1, count]));
  const crossEntropy = (logits: tf.Tensor) =>
    meanOf(tf.sub(tf.logSumExp(tf.reshape(logits, [count, -1]), 1), truth), valid);

  const above = tf.relu(tf.add(tf.sub(wrong, tf.expandDims(truth, 1)), margin));
  const apart = meanOf(tf.sub(truth, tf.mean(wrong, 1)), valid);
  const none = asNumbers(tf.equal(tf.sum(valid), 0));
  return {
    contrastive: tf.mul(tf.add(crossEntropy(amongTexts), crossEntropy(amongRegions)), 0.5),
    pair: crossEntropy(own),
    margin: meanOf(tf.mean(above, 1), valid),
    gap: tf.add(apart, tf.mul(margin, none)),
  };
}

/** The mean of those values that count; zero of none. */
function meanOf(values: tf.Tensor, valid: tf.Tensor1D): tf.Scalar {
  return tf.div(tf.sum(tf.mul(values, valid)), tf.maximum(tf.sum(valid), 1));
}

function asNumbers(condition: tf.Tensor): tf.Tensor {
  return tf.cast(condition, 'float32');
}
