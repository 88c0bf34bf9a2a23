import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { NdArray } from '../../../src/jit/index.js';
import {
  arrays,
  axesOf,
  axisOf,
  booleans,
  distinctFloats,
  floats,
  integers,
  nonZeroNumber,
  shapes,
} from './arrays.js';
import { call, type OperatorCase } from './harness.js';

type Reduce = (x: tf.Tensor, axes?: number[], keepDims?: boolean) => tf.Tensor;

function reduction(
  run: Reduce,
  title: string,
  operand: (shape: readonly number[]) => fc.Arbitrary<NdArray>,
  gradient = title === 'float32',
): OperatorCase {
  return {
    title,
    gradient,
    calls: shapes()
      .chain((shape) => fc.tuple(operand(shape), axesOf(shape), fc.boolean()))
      .map(([x, axes, keepDims]) => call([x], (y: tf.Tensor) => run(y, axes, keepDims))),
  };
}

function alongAxis(
  title: string,
  run: (x: tf.Tensor, axis: number, flag: boolean, other: boolean) => tf.Tensor,
  operand: (shape: readonly number[]) => fc.Arbitrary<NdArray>,
  { gradient = false, axes = axisOf } = {},
): OperatorCase {
  return {
    title,
    gradient,
    calls: shapes({ minRank: 1 })
      .chain((shape) => fc.tuple(operand(shape), axes(shape), fc.boolean(), fc.boolean()))
      .map(([x, axis, ...flags]) => call([x], (y: tf.Tensor) => run(y, axis, ...flags))),
  };
}

/** tfjs's cpu backend counts the axis of a scan from the front only, and its gradient is right for the last. */
function scan(
  run: (x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean) => tf.Tensor,
  gradient: boolean,
): OperatorCase[] {
  const axes = (shape: readonly number[]) => fc.nat(shape.length - 1);
  const last = (shape: readonly number[]) => fc.constant(shape.length - 1);
  return [
    alongAxis('float32', run, (shape) => floats(shape), { axes }),
    alongAxis('float32, last axis', run, (shape) => floats(shape), { gradient, axes: last }),
    alongAxis('int32', run, (shape) => integers(shape), { axes }),
  ];
}

/** tfjs takes softmaxes along the last axis only. */
function lastAxis(run: (x: tf.Tensor) => tf.Tensor): OperatorCase[] {
  return [
    {
      title: 'float32',
      gradient: true,
      calls: shapes({ minRank: 1 })
        .chain((shape) => floats(shape))
        .map((x) => call([x], run)),
    },
  ];
}

/** Reductions, scans, softmaxes and sorting: uses of each kernel, by its name. */
export const reductions: Record<string, OperatorCase[]> = {
  Sum: [
    reduction(tf.sum, 'float32', (shape) => floats(shape)),
    reduction(tf.sum, 'int32', (shape) => integers(shape)),
    reduction(tf.sum, 'bool', booleans),
  ],
  Mean: [
    reduction(tf.mean, 'float32', (shape) => floats(shape)),
    reduction(tf.mean, 'int32', (shape) => integers(shape)),
    reduction(tf.mean, 'bool', booleans),
  ],
  Max: [
    reduction(tf.max, 'float32', (shape) => floats(shape)),
    reduction(tf.max, 'int32', (shape) => integers(shape)),
  ],
  Min: [
    reduction(tf.min, 'float32', (shape) => floats(shape)),
    reduction(tf.min, 'int32', (shape) => integers(shape)),
  ],
  Prod: [
    reduction(tf.prod, 'float32', (shape) => floats(shape, nonZeroNumber), false),
    {
      // tfjs itself fails on the gradient where axes count from the end.
      title: 'along one axis, zeros included',
      gradient: true,
      calls: shapes({ minRank: 1 })
        .chain((shape) => fc.tuple(floats(shape), fc.nat(shape.length - 1)))
        .map(([x, axis]) => call([x], (y: tf.Tensor) => tf.prod(y, axis))),
    },
    reduction(tf.prod, 'int32', (shape) => integers(shape, fc.integer({ min: -2, max: 2 }))),
  ],
  All: [reduction(tf.all, 'bool', booleans)],
  Any: [reduction(tf.any, 'bool', booleans)],
  ArgMax: [
    alongAxis('float32', tf.argMax, (shape) => floats(shape)),
    alongAxis('int32', tf.argMax, (shape) => integers(shape)),
  ],
  ArgMin: [
    alongAxis('float32', tf.argMin, (shape) => floats(shape)),
    alongAxis('int32', tf.argMin, (shape) => integers(shape)),
  ],
  Cumsum: scan(tf.cumsum, true),
  // tfjs has no gradient of its own for a running product.
  Cumprod: scan(tf.cumprod, false),
  Softmax: lastAxis(tf.softmax),
  TopK: (['float32', 'int32'] as const).map((dtype) => ({
    title: dtype,
    calls: shapes({ minRank: 1 })
      .chain((shape) =>
        fc.tuple(
          fc.oneof(
            arrays(shape, dtype),
            dtype === 'float32' ? distinctFloats(shape) : arrays(shape, dtype),
          ),
          fc.integer({ min: 1, max: shape[shape.length - 1] }),
        ),
      )
      .map(([x, k]) =>
        call([x], (y: tf.Tensor) => {
          const { values, indices } = tf.topk(y, k, true);
          return [values, indices];
        }),
      ),
  })),
};
