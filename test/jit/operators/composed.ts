import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { attention } from '../../../src/jit/fused.js';
import { axesOf, floats, integers, shapes } from './arrays.js';
import { call, type OperatorCase } from './harness.js';

function of(
  run: (x: tf.Tensor) => tf.Tensor | tf.Tensor[],
  { minRank = 0, gradient = true } = {},
): OperatorCase[] {
  return [
    {
      title: 'float32',
      gradient,
      calls: shapes({ minRank })
        .chain((shape) => floats(shape))
        .map((x) => call([x], run)),
    },
  ];
}

/** Operators that tfjs composes of others, and uses of several together. */
export const composedOperators: Record<string, OperatorCase[]> = {
  logSoftmax: of(tf.logSoftmax, { minRank: 1 }),
  logSumExp: [
    {
      title: 'float32',
      gradient: true,
      calls: shapes({ minRank: 1 })
        .chain((shape) => fc.tuple(floats(shape), axesOf(shape), fc.boolean()))
        .map(([x, axes, keepDims]) => call([x], (y: tf.Tensor) => tf.logSumExp(y, axes, keepDims))),
    },
  ],
  moments: of(
    (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return [mean, variance];
    },
    { minRank: 1 },
  ),
  broadcastTo: of((x) => tf.broadcastTo(tf.reshape(x, [1, x.size]), [3, x.size])),
  norm: of((x) => tf.div(x, tf.norm(tf.add(x, 5)))),
  zeros: [
    {
      title: 'beside an operand',
      calls: shapes()
        .chain((shape) => integers(shape))
        .map((x) =>
          call([x], (y: tf.Tensor) => [
            tf.zeros(y.shape),
            tf.ones(y.shape, 'int32'),
            tf.zeros(y.shape, 'bool'),
            tf.add(y, tf.ones(y.shape, 'int32')),
          ]),
        ),
    },
  ],
  'a gradient of a gradient': [
    {
      title: 'float32',
      gradient: true,
      calls: shapes()
        .chain((shape) => floats(shape))
        .map((x) =>
          call(
            [x],
            tf.grad((y) => tf.sum(tf.mul(tf.sigmoid(y), tf.square(y)))),
          ),
        ),
    },
  ],
  'a reshaped, transposed and sliced operand': [
    {
      title: 'attention over halves',
      gradient: true,
      calls: floats([4, 6, 8]).map((x) =>
        call([x], (y: tf.Tensor3D) => {
          const turned = tf.transpose<tf.Tensor3D>(y, [1, 0, 2]);
          const [first, second] = tf.split<tf.Tensor3D>(turned, 2, 2);
          return attention(first, second, tf.reverse3d(second, 1), { heads: 2 });
        }),
      ),
    },
  ],
};
