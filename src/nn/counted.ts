import * as tf from '@tensorflow/tfjs-core';

/** 0, 1, … up to `count` of them, in float32: `tf.range` for graphs in which the count may be any (`traceDynamic`). */
export function counted(count: number): tf.Tensor1D {
  return tf.cumsum(tf.fill([count], 1), 0, true);
}
