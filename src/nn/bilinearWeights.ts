import * as tf from '@tensorflow/tfjs-core';
import { counted } from './counted.js';

/**
 * `bilinearMatrix` as tensor operators, for graphs that take pictures of any grid.
 * @returns [to, from]
 */
export function bilinearWeights(from: number, to: number): tf.Tensor2D {
  const places = counted(to);
  const scale = tf.div(from, tf.add(tf.max(places), 1));
  const support = tf.maximum(scale, 1);
  const centres = tf.reshape(tf.mul(tf.add(places, 0.5), scale), [-1, 1]);
  const distances = tf.abs(tf.sub(tf.add(tf.range(0, from), 0.5), centres));
  const weights = tf.relu(tf.sub(1, tf.div(distances, support)));
  return tf.div(weights, tf.sum(weights, 1, true));
}
