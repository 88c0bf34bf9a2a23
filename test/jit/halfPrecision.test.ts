import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { fromFloat16, toFloat16 } from '../../src/jit/halfPrecision.js';
import { jit } from '../../src/jit/index.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { createRandom } from '../../src/random.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-half-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const { normal } = createRandom(0);
const random = (...shape: number[]) => {
  const size = shape.reduce((product, side) => product * side, 1);
  return ndarray(Float32Array.from({ length: size }, normal), shape);
};

// The table is mapped from its file, the bias small enough to travel inside the model.
test.each(['F16', 'BF16'] as const)('weights in %s stay in their file', async (dtype) => {
  const path = join(folder, `${dtype}.safetensors`);
  await writeSafetensors(path, { table: random(64, 48), bias: random(64) }, { dtype });
  const stored = Object.fromEntries(openSafetensors(path));
  expect(stored.table.file?.length).toBe(64 * 48 * 2);

  const x = random(5, 48);
  const product = (weights: Record<string, tf.Tensor>, rows: tf.Tensor2D) =>
    tf.add(tf.matMul(rows, weights.table as tf.Tensor2D, false, true), weights.bias);
  const run = async (weights: Record<string, NdArray>, precision: 'float32' | 'int8') => {
    const compiled = jit(product as never, { constants: [weights], precision });
    const result = await (compiled as unknown as (x: NdArray) => Promise<NdArray>)(x);
    await compiled.dispose();
    return result.data;
  };
  const inMemory = { table: await stored.table.read(), bias: await stored.bias.read() };
  for (const precision of ['float32', 'int8'] as const) {
    expect(await run(stored, precision)).toEqual(await run(inMemory, precision));
  }
});

test('whole numbers in I8 stay in their file, to be multiplied with their scales', async () => {
  const path = join(folder, 'I8.safetensors');
  const wholes = ndarray(
    Float32Array.from({ length: 64 * 48 }, (_, i) => (i % 256) - 128),
    [64, 48],
  );
  const scales = ndarray(new Float32Array(64).fill(1 / 128), [64, 1]);
  const tensors = { table: wholes, scales };
  await writeSafetensors(path, tensors, { dtypes: new Map([['table', 'I8']]) });
  const stored = Object.fromEntries(openSafetensors(path));
  expect(stored.table.file?.length).toBe(64 * 48);
  expect(stored.table.data).toEqual(wholes.data);
  await expect(
    writeSafetensors(path, { table: scales }, { dtypes: new Map([['table', 'I8']]) }),
  ).rejects.toThrow(/value 0 of tensor "table" is 0.0078125, which I8 cannot hold/);

  const x = random(5, 48);
  const product = (weights: Record<string, tf.Tensor>, rows: tf.Tensor2D) =>
    tf.matMul(rows, tf.mul(weights.table, weights.scales) as tf.Tensor2D, false, true);
  const results = [];
  for (const constants of [stored, tensors]) {
    const compiled = jit(product as never, { constants: [constants] });
    results.push(await (compiled as unknown as (x: NdArray) => Promise<NdArray>)(x));
    await compiled.dispose();
  }
  expect(results[0].data).toEqual(results[1].data);
});

test('later shapes, and runs that give their memory back, give the same results', async () => {
  const weights = { table: random(64, 48) };
  const product = (parameters: Record<string, tf.Tensor>, rows: tf.Tensor2D) =>
    tf.matMul(rows, parameters.table as tf.Tensor2D, false, true);
  const calls = [random(1, 48), random(9, 48)];
  const results = async (releaseMemory: boolean) => {
    const compiled = jit(product as never, { constants: [weights], releaseMemory });
    const run = compiled as unknown as (x: NdArray) => Promise<NdArray>;
    const found = [];
    for (const call of [...calls, ...calls]) found.push((await run(call)).data);
    await compiled.dispose();
    return found;
  };
  const [kept, released] = [await results(false), await results(true)];
  kept.forEach((values, index) => {
    values.forEach((value, i) => {
      expect(released[index][i]).toBeCloseTo(value, 5);
    });
  });
  expect(kept[2]).toEqual(kept[0]);
});

test('precision float16 computes with the weights rounded to it', async () => {
  // Above what is worth halving, and below it.
  const weights = { table: random(400, 48), bias: random(400) };
  const rounded = fromFloat16(toFloat16(weights.table.data as Float32Array));
  const x = random(5, 48);
  const product = (parameters: Record<string, tf.Tensor>, rows: tf.Tensor2D) =>
    tf.add(tf.matMul(rows, parameters.table as tf.Tensor2D, false, true), parameters.bias);
  const run = async (constants: Record<string, NdArray>, precision: 'float32' | 'float16') => {
    const compiled = jit(product as never, { constants: [constants], precision });
    const result = await (compiled as unknown as (x: NdArray) => Promise<NdArray>)(x);
    await compiled.dispose();
    return result.data;
  };
  const expected = await run({ ...weights, table: ndarray(rounded, [400, 48]) }, 'float32');
  const found = await run(weights, 'float16');
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 5);
  });
  expect(found).not.toEqual(await run(weights, 'float32'));
  // A weight that float16 cannot hold stays in float32.
  weights.table.data[7] = 1e6;
  expect(await run(weights, 'float16')).toEqual(await run(weights, 'float32'));
});
