import * as tf from '@tensorflow/tfjs-core';
import { ndarray } from '../../../src/jit/index.js';
import { type Call, call } from './harness.js';

const none = ndarray(new Float32Array(0), [0, 3]);
const noIntegers = ndarray(new Int32Array(0), [0]);
const some = ndarray(Float32Array.of(1, -2, 3, 4, 5, -6), [2, 3]);
const row = ndarray(Float32Array.of(1, 2, 3), [3]);

type Rows = tf.Tensor2D;

/** Arrays without values, as a batch without boxes brings them. */
export const emptyCalls: Record<string, Call> = {
  'elementwise with broadcasting': call([none, row], (x: Rows, y: tf.Tensor) =>
    tf.relu(tf.add(tf.mul(x, y), 1)),
  ),
  comparison: call([none, row], (x: Rows, y: tf.Tensor) => tf.greater(x, y)),
  where: call([none, row], (x: Rows, y: tf.Tensor) => tf.where(tf.greater(x, y), x, y)),
  'sum over nothing': call([none], (x: Rows) => tf.sum(x, 0)),
  'sum of nothing': call([none], (x: Rows) => tf.sum(x)),
  'sum along rows': call([none], (x: Rows) => tf.sum(x, 1)),
  'product without rows': call([none, some], (x: Rows, y: Rows) => tf.matMul(x, y, false, true)),
  'product over nothing': call([none, none], (x: Rows, y: Rows) => tf.matMul(x, y, true, false)),
  concat: call([none, some], (x: Rows, y: Rows) => tf.concat([x, y])),
  'slice of nothing': call([some], (x: Rows) => tf.slice(x, [1, 0], [0, 2])),
  reshape: call([none], (x: Rows) => tf.reshape(x, [3, 0])),
  transpose: call([none], (x: Rows) => tf.transpose(x)),
  'gather of nothing': call([some, noIntegers], (x: Rows, at: tf.Tensor1D) => tf.gather(x, at)),
  softmax: call([none], (x: Rows) => tf.softmax(x)),
  cast: call([none], (x: Rows) => tf.cast(x, 'int32')),
  'zeros and ones': call([none], (x: Rows) => [tf.zerosLike(x), tf.onesLike(x)]),
  'segment sum': call([none, noIntegers], (x: Rows, ids: tf.Tensor1D) =>
    tf.unsortedSegmentSum(x, ids, 2),
  ),
};
