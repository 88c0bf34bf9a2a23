import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
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
