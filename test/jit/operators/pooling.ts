import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { NdArray } from '../../../src/jit/index.js';
import { floats, integers } from './arrays.js';
import { pair } from './convolution.js';
import { call, type OperatorCase } from './harness.js';

type Pool = (
  x: tf.Tensor4D,
  size: [number, number],
  strides: [number, number],
  padding: 'same' | 'valid',
) => tf.Tensor;

const pictures = fc
  .tuple(fc.integer({ min: 1, max: 2 }), pair(4, 8), fc.integer({ min: 1, max: 3 }))
  .map(([batch, size, channels]) => [batch, ...size, channels]);

interface Options {
  tiling?: boolean;
  paddings?: ('same' | 'valid')[];
  values?: (shape: number[]) => fc.Arbitrary<NdArray>;
}

function pooled(
  pool: Pool,
  { tiling = false, paddings = ['same', 'valid'], values = floats }: Options,
): OperatorCase['calls'] {
  return fc
    .tuple(pictures.chain(values), pair(1, 4), pair(1, 4), fc.constantFrom(...paddings))
    .map(([x, size, strides, padding]) =>
      call([x], (y: tf.Tensor4D) => pool(y, size, tiling ? size : strides, padding)),
    );
}

const largest: OperatorCase[] = [
  { title: 'windows side by side', gradient: true, calls: pooled(tf.maxPool, { tiling: true }) },
  { title: 'windows that overlap', gradient: true, calls: pooled(tf.maxPool, {}) },
];

/** Where windows reach over the border, tfjs's gradient of the mean is not that of its mean. */
const means: OperatorCase[] = [
  {
    title: 'windows side by side',
    gradient: true,
    calls: pooled(tf.avgPool, { tiling: true, paddings: ['valid'] }),
  },
  {
    title: 'windows that overlap',
    gradient: true,
    calls: pooled(tf.avgPool, { paddings: ['valid'] }),
  },
];

/** Pooling: uses of each kernel, by its name. */
export const pooling: Record<string, OperatorCase[]> = {
  MaxPool: [
    { title: 'float32', calls: pooled(tf.maxPool, {}) },
    { title: 'int32', calls: pooled(tf.maxPool, { values: (shape) => integers(shape) }) },
  ],
  MaxPoolGrad: largest,
  AvgPool: [{ title: 'float32', calls: pooled(tf.avgPool, {}) }],
  AvgPoolGrad: means,
};
