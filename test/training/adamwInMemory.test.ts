import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
} from '../../training/adamw.js';
import { AdamWInMemory, inOwnMemory } from '../../training/adamwInMemory.js';
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
    const optimizer = new AdamWInMemory(settings, 1);
    const gradientScale = 1 / 4;
    const found = await optimizer.update(state, sums, { ...numbers, gradientScale, gradientNorm });
    for (const part of ['parameters', 'first', 'second'] as const) {
      for (const name of all) {
        const off = distance(found[part][name], expected.state[part][name]);
        expect(off).toBeLessThan(1e-6 * norm(expected.state[part][name]));
      }
    }
    await graph.dispose();
  });
});

test('threads share the tensors and give the same', async () => {
  const settings: AdamWSettings = {
    ...{ weightDecay: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, clipNorm: null },
  };
  // Together more values than one thread takes on alone.
  const sizes = { a: 2 ** 20, b: 2 ** 20, c: 2 ** 19, scale: 1 };
  const made = (seed: number) => {
    const { uniform } = createRandom(seed);
    return Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => [
        name,
        ndarray(Float32Array.from({ length: size }, uniform), [size]),
      ]),
    );
  };
  const results = [];
  for (const threads of [1, 3]) {
    const optimizer = new AdamWInMemory(settings, threads);
    let state = { parameters: made(0), first: made(1), second: made(2) };
    for (let step = 1; step <= 2; step++) {
      state = await optimizer.update(state, made(3), {
        ...{ learningRate: 0.1, correction1: 0.1, correction2: 0.1 },
        ...{ gradientScale: 1, gradientNorm: 1 },
      });
    }
    await optimizer.dispose();
    results.push(state);
  }
  for (const part of ['parameters', 'first', 'second'] as const) {
    for (const name of Object.keys(sizes)) {
      const [one, three] = results.map((state) => Buffer.from(state[part][name].data.buffer));
      expect({ part, name, same: one.equals(three) }).toEqual({ part, name, same: true });
    }
  }
});

describe('inOwnMemory', () => {
  const none = { first: {}, second: {} };

  test('keeps arrays in memory, and copies what two names share', () => {
    const array = ndarray(Float32Array.of(1, 2), [2]);
    const { parameters } = inOwnMemory({ parameters: { a: array, b: array }, ...none });
    expect(parameters.a).toBe(array);
    expect(parameters.b.data).not.toBe(array.data);
    expect(parameters.b.data).toEqual(array.data);
  });

  test('reads arrays that are in files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fgdet-adamw-'));
    const path = join(folder, 'weights.safetensors');
    await writeSafetensors(path, { a: ndarray(Float32Array.of(1, 2), [2]) });
    const a: NdArray = openSafetensors(path).get('a')!;
    const { parameters } = inOwnMemory({ parameters: { a }, ...none });
    parameters.a.data[0] = 7;
    expect([...parameters.a.data]).toEqual([7, 2]);
    rmSync(folder, { recursive: true });
  });
});
