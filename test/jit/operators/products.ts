import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { floats, shapes } from './arrays.js';
import { call, type OperatorCase } from './harness.js';

const side = fc.integer({ min: 1, max: 4 });

interface Product {
  rows: number;
  inner: number;
  columns: number;
  transposeA: boolean;
  transposeB: boolean;
}

const products = fc.record({
  rows: side,
  inner: side,
  columns: side,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
});

const left = ({ rows, inner, transposeA }: Product) => (transposeA ? [inner, rows] : [rows, inner]);
const right = ({ inner, columns, transposeB }: Product) =>
  transposeB ? [columns, inner] : [inner, columns];

/** Matrix products: uses of each kernel, by its name. */
export const matrixProducts: Record<string, OperatorCase[]> = {
  BatchMatMul: [
    {
      title: 'two matrices',
      gradient: true,
      calls: products
        .chain((product) =>
          fc.tuple(floats(left(product)), floats(right(product)), fc.constant(product)),
        )
        .map(([a, b, { transposeA, transposeB }]) =>
          call([a, b], (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB)),
        ),
    },
    {
      title: 'equal batches',
      gradient: true,
      calls: fc
        .tuple(products, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }))
        .chain(([product, batch]) =>
          fc.tuple(
            floats([...batch, ...left(product)]),
            floats([...batch, ...right(product)]),
            fc.constant(product),
          ),
        )
        .map(([a, b, { transposeA, transposeB }]) =>
          call([a, b], (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB)),
        ),
    },
    {
      // tfjs has no gradient for these, and mixes up batches that broadcast in the middle.
      title: 'one batch for many',
      calls: fc
        .tuple(products, shapes({ maxRank: 2 }), fc.constantFrom([], [1], [1, 1]), fc.boolean())
        .map(([product, many, one, swapped]) => ({
          product,
          batches: swapped ? [one, many] : [many, one],
        }))
        .chain(({ product, batches: [a, b] }) =>
          fc.tuple(
            floats([...a, ...left(product)]),
            floats([...b, ...right(product)]),
            fc.constant(product),
          ),
        )
        .map(([a, b, { transposeA, transposeB }]) =>
          call([a, b], (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB)),
        ),
    },
  ],
  _FusedMatMul: [
    {
      title: 'with a bias',
      gradient: true,
      calls: products
        .chain((product) =>
          fc.tuple(
            floats(left(product)),
            floats(right(product)),
            floats([product.columns]),
            fc.constant(product),
          ),
        )
        .map(([a, b, bias, { transposeA, transposeB }]) =>
          call([a, b, bias], (x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) =>
            tf.fused.matMul({ a: x, b: y, bias: z, transposeA, transposeB }),
          ),
        ),
    },
    {
      title: 'a batch with a bias',
      gradient: true,
      calls: products
        .chain((product) =>
          fc.tuple(
            floats([3, ...left(product)]),
            floats([3, ...right(product)]),
            floats([product.columns]),
            fc.constant(product),
          ),
        )
        .map(([a, b, bias, { transposeA, transposeB }]) =>
          call([a, b, bias], (x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) =>
            tf.fused.matMul({ a: x, b: y, bias: z, transposeA, transposeB }),
          ),
        ),
    },
    {
      title: 'without a bias',
      gradient: true,
      calls: products
        .chain((product) =>
          fc.tuple(floats(left(product)), floats(right(product)), fc.constant(product)),
        )
        .map(([a, b, { transposeA, transposeB }]) =>
          call([a, b], (x: tf.Tensor, y: tf.Tensor) =>
            tf.fused.matMul({ a: x, b: y, transposeA, transposeB }),
          ),
        ),
    },
  ],
};
