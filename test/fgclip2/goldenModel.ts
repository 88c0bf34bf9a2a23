import type * as tf from '@tensorflow/tfjs-core';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { readFgClip2Config } from '../../src/fgclip2/config.js';
import { jit } from '../../src/jit/index.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import type { Parameters } from '../../src/nn/transformer.js';
import { device } from '../device.js';
import { expectWithin, goldenFile, goldenTensors, largestDifference } from '../golden.js';

const golden = 'fgclip2-tiny';

export const config = readFgClip2Config(goldenFile(golden, 'config.json'));
export const weights = openSafetensors(goldenFile(golden, 'model.safetensors'));
export const input = goldenTensors(golden, 'inputs.safetensors');
export const output = goldenTensors(golden, 'outputs.safetensors');
export const outputNames = [...openSafetensors(goldenFile(golden, 'outputs.safetensors')).keys()];

/** Compares with an output of the same size, or with one of its rows. */
export function expectClose(found: NdArray, name: string, row?: number): void {
  const { data, shape } = output(name);
  const expected =
    row === undefined ? data : data.subarray(row * found.size, (row + 1) * found.size);
  const difference = largestDifference(
    found.reshape(row === undefined ? shape : found.shape),
    ndarray(expected, row === undefined ? shape : found.shape),
  );
  expectWithin(golden, row === undefined ? name : `${name}[${row}]`, difference, 2e-5);
}

/** Runs a function of the weights and arrays, compiled. */
export function run(
  fn: (w: Parameters, ...args: never[]) => Record<string, tf.Tensor>,
  ...args: NdArray[]
) {
  const constants = [Object.fromEntries(weights)];
  return jit(fn as never, { constants, device })(...(args as never[])) as Promise<
    Record<string, NdArray>
  >;
}
