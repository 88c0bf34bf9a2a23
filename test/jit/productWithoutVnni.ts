/** Run in an emulated processor by byteProduct.test.ts: prints how a product of the largest bytes comes out. */
import type * as tf from '@tensorflow/tfjs-core';
import { matMul } from '@tensorflow/tfjs-core';
import { jit, ndarray } from '../../src/jit/index.js';
import { signedBytesAreExact } from '../../src/jit/signedBytes.js';

const [rows, inner, columns] = [3, 64, 40];
const product = jit((weight: tf.Tensor2D, x: tf.Tensor2D) => matMul(x, weight), {
  precision: 'int8',
  constants: [ndarray(new Float32Array(inner * columns).fill(127), [inner, columns])],
} as const) as unknown as (x: ReturnType<typeof ndarray>) => Promise<ReturnType<typeof ndarray>>;
const { data } = await product(ndarray(new Float32Array(rows * inner).fill(255), [rows, inner]));
const error = Math.max(...Array.from(data, (value) => Math.abs(value - 255 * 127 * inner)));
console.log(`signed ${await signedBytesAreExact()}, error ${error}`);
