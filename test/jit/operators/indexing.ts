import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { arrays, axisOf, floats, integers, shapes } from './arrays.js';
import { call, type OperatorCase } from './harness.js';

/** Kernels that take places as operands: uses of each, by the kernel's name. */
export const indexing: Record<string, OperatorCase[]> = {
  GatherV2: (['float32', 'int32', 'bool'] as const).map((dtype) => ({
    title: dtype,
    gradient: dtype === 'float32',
    calls: shapes({ minRank: 1, maxRank: 3 })
      .chain((shape) => fc.tuple(fc.constant(shape), axisOf(shape), shapes({ maxRank: 2 })))
      .chain(([shape, axis, places]) =>
        fc.tuple(
          arrays(shape, dtype),
          integers(places, fc.nat(shape.at(axis)! - 1)),
          fc.constant(axis),
        ),
      )
      .map(([x, indices, axis]) =>
        call([x, indices], (y: tf.Tensor, at: tf.Tensor1D) => tf.gather(y, at, axis)),
      ),
  })),
  OneHot: [
    {
      title: 'indices inside and outside of the depth',
      calls: fc
        .tuple(
          shapes({ maxRank: 3 }).chain((shape) => integers(shape, fc.integer({ min: -2, max: 5 }))),
          fc.integer({ min: 2, max: 4 }),
          fc.constantFrom('float32' as const, 'int32' as const),
        )
        .map(([indices, depth, dtype]) =>
          call([indices], (at: tf.Tensor) =>
            tf.oneHot(at, depth, dtype === 'float32' ? 0.5 : 3, -1, dtype),
          ),
        ),
    },
  ],
  UnsortedSegmentSum: [
    {
      title: 'float32',
      gradient: true,
      calls: shapes({ minRank: 1, maxRank: 3 })
        .chain((shape) => fc.tuple(floats(shape), integers(shape.slice(0, 1), fc.nat(2))))
        .map((args) =>
          call(args, (x: tf.Tensor, ids: tf.Tensor1D) => tf.unsortedSegmentSum(x, ids, 3)),
        ),
    },
    {
      title: 'int32',
      calls: shapes({ minRank: 1, maxRank: 3 })
        .chain((shape) => fc.tuple(integers(shape), integers(shape.slice(0, 1), fc.nat(2))))
        .map((args) =>
          call(args, (x: tf.Tensor, ids: tf.Tensor1D) => tf.unsortedSegmentSum(x, ids, 4)),
        ),
    },
  ],
};
