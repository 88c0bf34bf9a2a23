import * as tf from '@tensorflow/tfjs-core';
import { largestLogarithm } from '../../detectors/proposals/networkConfig.js';
import { stopGradient } from '../../src/nn/stopGradient.js';

/** `LocationTargets` of a batch. */
export interface TargetTensors {
  /** [images, locations, 4] */
  distances: tf.Tensor3D;
  /** [images, locations] */
  centreness: tf.Tensor2D;
  /** [images, locations] */
  positive: tf.Tensor2D;
}

export interface ProposalLosses {
  total: tf.Scalar;
  box: tf.Scalar;
  centreness: tf.Scalar;
  overlap: tf.Scalar;
}

/**
 * What the proposal network learns, at locations inside boxes alone: boxes by generalised intersection
 * over union (Rezatofighi et al. 2019), where the centre counts most, and both measures of localisation
 * by binary cross-entropy. The overlap to learn is that of the predicted box with the true one.
 *
 * @param predicted [images, locations, 6], from `proposalNetwork`.
 */
export function proposalLosses(
  predicted: tf.Tensor3D,
  { distances, centreness, positive }: TargetTensors,
): ProposalLosses {
  const part = (start: number, size: number) => tf.slice(predicted, [0, 0, start], [-1, -1, size]);
  const logits = (index: number) => tf.reshape(part(index, 1), positive.shape) as tf.Tensor2D;
  const { iou, giou } = overlaps(decodeDistances(part(0, 4)), distances);
  const count = tf.maximum(tf.sum(positive), 1);
  const weight = tf.maximum(tf.sum(centreness), 1e-3);
  const box = tf.div(tf.sum(tf.mul(tf.sub(1, giou), centreness)), weight) as tf.Scalar;
  const mean = (each: tf.Tensor) => tf.div(tf.sum(tf.mul(each, positive)), count) as tf.Scalar;
  const centre = mean(crossEntropy(logits(4), centreness));
  const overlap = mean(crossEntropy(logits(5), stopGradient(iou)));
  return { total: tf.addN([box, centre, overlap]), box, centreness: centre, overlap };
}

/** Distances in strides from what the network says. */
export function decodeDistances<T extends tf.Tensor>(logarithms: T): T {
  return tf.exp(tf.minimum(logarithms, largestLogarithm)) as T;
}

/** Of boxes around one location each, given by the distances to their sides: [...] from [..., 4]. */
function overlaps(a: tf.Tensor, b: tf.Tensor): { iou: tf.Tensor; giou: tf.Tensor } {
  const common = extent(tf.minimum(a, b));
  const union = tf.sub(tf.add(extent(a), extent(b)), common);
  const hull = extent(tf.maximum(a, b));
  const iou = tf.div(common, union);
  return { iou, giou: tf.sub(iou, tf.div(tf.sub(hull, union), hull)) };
}

/** The area of boxes from [..., 4]: left, upper, right, lower distance. */
function extent(sides: tf.Tensor): tf.Tensor {
  const [left, upper, right, lower] = tf.unstack(sides, -1);
  return tf.mul(tf.add(left, right), tf.add(upper, lower));
}

/** Of a probability given by its logit, with a target in 0..1. */
function crossEntropy(logits: tf.Tensor, target: tf.Tensor): tf.Tensor {
  const certain = tf.add(tf.relu(logits), tf.log1p(tf.exp(tf.neg(tf.abs(logits)))));
  return tf.sub(certain, tf.mul(logits, target));
}
