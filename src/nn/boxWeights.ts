import * as tf from '@tensorflow/tfjs-core';
import { counted } from './counted.js';

/** A box may be at most this many times as large as the map; sampling points beyond are left out. */
const largest = 2;

/**
 * `roiWeights` for one bin as tensor operators, for graphs that take boxes as they are.
 * @param boxes float32 [regions, 4]: x1, y1, x2, y2 in feature-map units; at most twice the map's size.
 * @returns rowWeights [regions, rows] and columnWeights [regions, columns], as `roiAlign` takes them.
 */
export function boxWeights(
  boxes: tf.Tensor2D,
  rows: number,
  columns: number,
): { rowWeights: tf.Tensor2D; columnWeights: tf.Tensor2D } {
  const edge = (side: number) => tf.sub(tf.slice(boxes, [0, side], [-1, 1]), 0.5) as tf.Tensor2D;
  return {
    rowWeights: axisWeights(edge(1), edge(3), rows),
    columnWeights: axisWeights(edge(0), edge(2), columns),
  };
}

/** Weights of one axis for boxes from `start` to `end`, each [regions, 1]. */
function axisWeights(start: tf.Tensor2D, end: tf.Tensor2D, cells: number): tf.Tensor2D {
  const size = tf.sub(end, start);
  const count = tf.ceil(size);
  const divisor = tf.maximum(count, 1);
  const places = counted(cells);
  const last = tf.max(places);
  const sample = tf.reshape(counted(largest * cells), [1, -1]);
  const position = tf.add(start, tf.div(tf.mul(tf.add(sample, 0.5), size), divisor));
  const taken = tf.logicalAnd(
    tf.less(sample, count),
    tf.logicalAnd(tf.greaterEqual(position, -1), tf.lessEqual(position, tf.add(last, 1))),
  );
  const clamped = tf.expandDims(tf.minimum(tf.relu(position), last), 2);
  // A point between two cells gives each its share: one less the distance.
  const shares = tf.relu(tf.sub(1, tf.abs(tf.sub(clamped, places))));
  const weights = tf.sum(tf.mul(shares, tf.expandDims(tf.cast(taken, 'float32'), 2)), 1);
  return tf.div(weights, divisor);
}
