import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { DType } from '../../../src/jit/index.js';
import { arrays, axesOf, axisOf, floats, shapes } from './arrays.js';
import { call, type OperatorCase } from './harness.js';

type Shape = readonly number[];

/** An operator that only moves values about: for every dtype, with gradients for floats. */
function moving<P>(
  parameters: (shape: Shape) => fc.Arbitrary<P>,
  run: (x: tf.Tensor, parameters: P) => tf.Tensor | tf.Tensor[],
  { minRank = 0, gradient = true } = {},
): OperatorCase[] {
  return (['float32', 'int32', 'bool'] as const).map((dtype) => ({
    title: dtype,
    gradient: gradient && dtype === 'float32',
    calls: shapes({ minRank })
      .chain((shape) => fc.tuple(arrays(shape, dtype), parameters(shape)))
      .map(([x, chosen]) => call([x], (y: tf.Tensor) => run(y, chosen))),
  }));
}

/** Arrays that differ along one axis only. */
function joined(
  run: (parts: tf.Tensor[], axis: number) => tf.Tensor,
  partShapes: (shape: Shape, axis: number) => fc.Arbitrary<Shape[]>,
): OperatorCase[] {
  return (['float32', 'int32', 'bool'] as const).map((dtype) => ({
    title: dtype,
    gradient: dtype === 'float32',
    calls: shapes({ minRank: 1, maxRank: 3 })
      .chain((shape) => fc.tuple(fc.constant(shape), axisOf(shape)))
      .chain(([shape, axis]) =>
        fc.tuple(
          partShapes(shape, axis).chain((parts) =>
            fc.tuple(...parts.map((part) => arrays(part, dtype))),
          ),
          fc.constant(axis),
        ),
      )
      .map(([parts, axis]) => call(parts, (...tensors: tf.Tensor[]) => run(tensors, axis))),
  }));
}

function perAxis<T>(shape: Shape, each: (size: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.tuple(...shape.map(each));
}

/** A first index and a length, the whole rest (−1) among them; empty slices too. */
const span = (size: number) =>
  fc
    .nat(size - 1)
    .chain((begin) => fc.tuple(fc.constant(begin), fc.integer({ min: -1, max: size - begin })));

/** First, end and step in either direction; tfjs itself fails on some that leave nothing. */
const stridedSpan = (size: number) =>
  fc
    .tuple(fc.nat(size - 1), fc.nat(size - 1), fc.constantFrom(1, 2, -1, -2), fc.nat(1))
    .map(([one, other, stride, outside]) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      return stride > 0
        ? [low - size * outside, high + 1 + outside, stride]
        : [high - size * outside, low - 1 - size, stride];
    });

/** Sizes of the parts that an axis is split into. */
const partSizes = (size: number): fc.Arbitrary<number[]> =>
  fc.nat(size).map((first) => (first === 0 || first === size ? [size] : [first, size - first]));

/** Cutting with gradients, which tfjs itself has only where more than one part comes out. */
function inSeveral(title: string, run: (x: tf.Tensor, axis: number) => tf.Tensor[]): OperatorCase {
  return {
    title,
    gradient: true,
    calls: shapes({ minRank: 1 })
      .chain((shape) => fc.tuple(floats([2, ...shape, 3]), fc.constantFrom(0, -1)))
      .map(([x, axis]) => call([x], (y: tf.Tensor) => run(y, axis))),
  };
}

function filled(make: (shape: number[], dtype: DType) => tf.Tensor): OperatorCase[] {
  return (['float32', 'int32', 'bool'] as const).map((dtype) => ({
    title: dtype,
    calls: shapes().map((shape) => call([], () => make([...shape], dtype))),
  }));
}

/** Kernels that move, repeat, cut, join and make values: uses of each, by the kernel's name. */
export const shaping: Record<string, OperatorCase[]> = {
  Reshape: moving(
    (shape) => fc.shuffledSubarray([...shape], { minLength: shape.length }),
    (x, shape) => tf.reshape(x, shape.length > 0 ? [-1, ...shape.slice(1)] : [1, 1]),
  ),
  ExpandDims: moving(
    (shape) => fc.integer({ min: -shape.length - 1, max: shape.length }),
    (x, axis) => tf.expandDims(x, axis),
  ),
  Transpose: moving(
    (shape) => fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
    (x, permutation) => tf.transpose(x, permutation),
  ),
  Slice: moving(
    (shape) => perAxis(shape, span),
    (x, spans) =>
      tf.slice(
        x,
        spans.map(([begin]) => begin),
        spans.map(([, size]) => size),
      ),
    { minRank: 1 },
  ),
  StridedSlice: [
    ...moving(
      (shape) => fc.tuple(perAxis(shape, stridedSpan), fc.nat(3), fc.nat(3)),
      (x, [spans, beginMask, endMask]) =>
        tf.stridedSlice(
          x,
          spans.map(([begin]) => begin),
          spans.map(([, end]) => end),
          spans.map(([, , stride]) => stride),
          beginMask,
          endMask,
        ),
      { minRank: 1, gradient: false },
    ),
    {
      title: 'with dimensions dropped and added',
      calls: shapes({ minRank: 2 })
        .chain((shape) => fc.tuple(floats(shape), fc.nat(shape[0] - 1)))
        .map(([x, row]) =>
          call([x], (y: tf.Tensor) => [
            tf.stridedSlice(y, [row, 0], [row + 1, 2], [1, 1], 0, 0, 0, 0, 1),
            tf.stridedSlice(y, [0, row, 0], [0, row + 1, 1], [1, 1, 1], 0, 0, 0, 1, 0),
          ]),
        ),
    },
  ],
  Reverse: moving(
    (shape) => axesOf(shape),
    (x, axes) => tf.reverse(x, axes),
  ),
  Concat: joined(tf.concat, (shape, axis) => {
    const varied = axis < 0 ? axis + shape.length : axis;
    return fc
      .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
      .map((sizes) => sizes.map((size) => shape.map((old, at) => (at === varied ? size : old))));
  }),
  Pack: joined(tf.stack, (shape) =>
    fc.integer({ min: 1, max: 3 }).map((count) => Array.from({ length: count }, () => shape)),
  ),
  Unpack: [
    ...moving(
      (shape) => axisOf(shape),
      (x, axis) => tf.unstack(x, axis),
      { minRank: 1, gradient: false },
    ),
    inSeveral('several parts', (x, axis) => tf.unstack(x, axis)),
  ],
  SplitV: [
    ...moving(
      (shape) =>
        axisOf(shape).chain((axis) => fc.tuple(fc.constant(axis), partSizes(shape.at(axis)!))),
      (x, [axis, sizes]) => tf.split(x, sizes, axis),
      { minRank: 1, gradient: false },
    ),
    inSeveral('into parts of one', (x, axis) => tf.split(x, x.shape.at(axis)!, axis)),
    inSeveral('with one part left to infer', (x, axis) => tf.split(x, [1, -1], axis)),
  ],
  Tile: moving(
    (shape) => perAxis(shape, () => fc.integer({ min: 1, max: 3 })),
    (x, repeats) => tf.tile(x, repeats),
    { minRank: 1 },
  ),
  PadV2: moving(
    (shape) =>
      fc.tuple(
        perAxis(shape, () => fc.tuple(fc.nat(2), fc.nat(2))),
        fc.nat(1),
      ),
    (x, [paddings, value]) => tf.pad(x, paddings, value),
    { minRank: 1 },
  ),
  ZerosLike: moving(
    () => fc.constant(undefined),
    (x) => tf.zerosLike(x),
    { gradient: false },
  ),
  OnesLike: moving(
    () => fc.constant(undefined),
    (x) => tf.onesLike(x),
    { gradient: false },
  ),
  Fill: filled((shape, dtype) => tf.fill(shape, dtype === 'float32' ? 2.5 : 1, dtype)),
  Range: (['float32', 'int32'] as const).map((dtype) => ({
    title: dtype,
    calls: fc
      .tuple(
        fc.integer({ min: -5, max: 5 }),
        fc.integer({ min: -5, max: 5 }),
        fc.constantFrom(1, 2),
      )
      .map(([start, stop, step]) =>
        call([], () => tf.range(start, stop, stop < start ? -step : step, dtype)),
      ),
  })),
};
