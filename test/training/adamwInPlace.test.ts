import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { jit } from '../../src/jit/index.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { createRandom } from '../../src/random.js';
import {
  type AdamWSettings,
  type AdamWState,
  adamW,
  globalNorm,
  type StepScalars,
  type Tensors,
} from '../../src/training/adamw.js';
import { adamWInPlace, inMemory } from '../../src/training/adamwInPlace.js';
import { distance, norm } from '../golden.js';

const { normal } = createRandom(0);
const shapes = { 'a.weight': [3, 5], 'a.bias': [3], unused: [2], scale: [] };
const arrays = (names: string[], value: () => number) =>
  Object.fromEntries(
    names.map((name) => {
      const shape = shapes[name as keyof typeof shapes];
      const size = shape.reduce((product, side) => product * side, 1);
      return [name, ndarray(Float32Array.from({ length: size }, value), shape)];
    }),
  );
const all = Object.keys(shapes);
const withGradient = all.filter((name) => name !== 'unused');

describe.each([null, 0.5])('clipped to %s', (clipNorm) => {
  const settings: AdamWSettings = {
    ...{ weightDecay: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, clipNorm },
  };

  test('gives what the graph gives', async () => {
    const graph = jit((state: AdamWState, sums: Tensors, scalars: StepScalars) => {
      const gradients = { ...sums };
      for (const name of Object.keys(sums)) gradients[name] = tf.div(sums[name], 4);
      const gradientNorm = globalNorm(gradients);
      return { state: adamW(state, gradients, gradientNorm, settings, scalars), gradientNorm };
    });
    const state = {
      parameters: arrays(all, normal),
      first: arrays(all, normal),
      second: arrays(all, () => normal() ** 2),
    };
    const sums = arrays(withGradient, normal);
    const numbers = { learningRate: 0.01, correction1: 0.3, correction2: 0.2 };
    const scalar = (value: number) => ndarray(Float32Array.of(value), []);
    const expected = await graph(state, sums, {
      learningRate: scalar(numbers.learningRate),
      correction1: scalar(numbers.correction1),
      correction2: scalar(numbers.correction2),
    });
    const gradientNorm = expected.gradientNorm.data[0];
    adamWInPlace(state, sums, settings, { ...numbers, gradientScale: 1 / 4, gradientNorm });
    for (const part of ['parameters', 'first', 'second'] as const) {
      for (const name of all) {
        const found = distance(state[part][name], expected.state[part][name]);
        expect(found).toBeLessThan(1e-6 * norm(expected.state[part][name]));
      }
    }
    await graph.dispose();
  });
});

describe('inMemory', () => {
  const none = { first: {}, second: {} };

  test('keeps arrays in memory, and copies what two names share', () => {
    const array = ndarray(Float32Array.of(1, 2), [2]);
    const { parameters } = inMemory({ parameters: { a: array, b: array }, ...none });
    expect(parameters.a).toBe(array);
    expect(parameters.b.data).not.toBe(array.data);
    expect(parameters.b.data).toEqual(array.data);
  });

  test('reads arrays that are in files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fgdet-adamw-'));
    const path = join(folder, 'weights.safetensors');
    await writeSafetensors(path, { a: ndarray(Float32Array.of(1, 2), [2]) });
    const a: NdArray = openSafetensors(path).get('a')!;
    const { parameters } = inMemory({ parameters: { a }, ...none });
    parameters.a.data[0] = 7;
    expect([...parameters.a.data]).toEqual([7, 2]);
    rmSync(folder, { recursive: true });
  });
});
