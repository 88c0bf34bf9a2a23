import * as tf from '@tensorflow/tfjs-core';
import { type Parameters, parameter } from '../nn/transformer.js';

/**
 * How well the background names fit regions: r · φ, φ = f / √Σf, f = exp(τ · (cosine − 1)). All but the last product is
 * the same for every region; a compiled function works it out while it is loaded.
 * @param regions [regions, classes]: r
 * @param sharpness τ
 * @returns [regions, background names]
 */
export function backgroundRankings(
  parameters: Parameters,
  regions: tf.Tensor2D,
  sharpness: number,
): tf.Tensor2D {
  const names = parameter<tf.Tensor2D>(parameters, 'anchors.background');
  const classes = parameter<tf.Tensor2D>(parameters, 'anchors.vectors');
  const cosines = tf.matMul(names, classes, false, true);
  const likeness = tf.exp(tf.mul(tf.sub(cosines, 1), sharpness));
  const lengths = tf.sqrt(tf.sum(likeness, 1, true));
  return tf.matMul(regions, tf.div<tf.Tensor2D>(likeness, lengths), false, true);
}
