import { describe, expect, test } from '@jest/globals';
import type * as tf from '@tensorflow/tfjs-core';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { readFgClip2Config } from '../../src/fgclip2/config.js';
import {
  denseFeatures,
  embedPatches,
  encodePatches,
  pooledFeatures,
  visionBlock,
  visionPositions,
} from '../../src/fgclip2/vision.js';
import { jit } from '../../src/jit/index.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import type { Grid } from '../../src/nn/grid.js';
import type { Parameters } from '../../src/nn/transformer.js';
import { device } from '../device.js';
import { expectWithin, goldenFile, goldenTensors, largestDifference } from '../golden.js';

const { vision } = readFgClip2Config(goldenFile('fgclip2-tiny', 'config.json'));
const weights = Object.fromEntries(
  openSafetensors(goldenFile('fgclip2-tiny', 'model.safetensors')),
);
const input = goldenTensors('fgclip2-tiny', 'inputs.safetensors');
const output = goldenTensors('fgclip2-tiny', 'outputs.safetensors');
const outputNames = [...openSafetensors(goldenFile('fgclip2-tiny', 'outputs.safetensors')).keys()];
const tolerance = 2e-5;

function expectClose(found: NdArray, name: string): void {
  const expected = output(name);
  const difference = largestDifference(found.reshape(expected.shape), expected);
  expectWithin('fgclip2-tiny', name, difference, tolerance);
}

/** Runs a function of the weights and arrays, compiled. */
function run(
  fn: (w: Parameters, ...args: never[]) => Record<string, tf.Tensor>,
  ...args: NdArray[]
) {
  return jit(fn as never, { constants: [weights], device })(...(args as never[])) as Promise<
    Record<string, NdArray>
  >;
}

/** A picture of the batch, without its padding. */
function picture(index: number): { grid: Grid; patches: NdArray } {
  const [rows, columns] = input('spatial_shapes').data.subarray(2 * index, 2 * index + 2);
  const { data, shape } = input('pixel_values');
  const [, count, values] = shape;
  const start = index * count * values;
  const patches = ndarray(data.slice(start, start + rows * columns * values), [
    1,
    rows * columns,
    values,
  ]);
  return { grid: { rows, columns }, patches };
}

test.each(outputNames.filter((name) => name.startsWith('position_table.')))('%s', async (name) => {
  const [rows, columns] = name.split('.')[1].split('x').map(Number);
  const found = await run((w) => ({ [name]: visionPositions(w, vision, { rows, columns }) }));
  expectClose(found[name], name);
});

describe('features', () => {
  test.each([0, 1, 2, 3])('of picture %i', async (index) => {
    const { grid, patches } = picture(index);
    const { pooled, dense } = await run((w, x: tf.Tensor3D) => {
      const tokens = encodePatches(w, vision, x, visionPositions(w, vision, grid));
      return { pooled: pooledFeatures(w, vision, tokens), dense: denseFeatures(w, vision, tokens) };
    }, patches);
    expectClose(dense, `dense_features.${index}`);
    for (const name of ['image_features', 'image_features_one_by_one']) {
      const expected = output(name);
      const row = expected.data.subarray(index * pooled.size, (index + 1) * pooled.size);
      const difference = largestDifference(pooled, ndarray(row, pooled.shape));
      expectWithin('fgclip2-tiny', `${name}.${index}`, difference, tolerance);
    }
  });

  test('on the way', async () => {
    const { grid, patches } = picture(0);
    const found = await run((w, x: tf.Tensor3D) => {
      const states: Record<string, tf.Tensor> = {};
      let tokens = embedPatches(w, x, visionPositions(w, vision, grid));
      states['steps.vision.embeddings'] = tokens;
      for (let index = 0; index < vision.layers; index++) {
        tokens = visionBlock(w, vision, index, tokens);
        states[`steps.vision.layers.${index}`] = tokens;
      }
      return states;
    }, patches);
    const names = Object.keys(found).filter((name) => outputNames.includes(name));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expectClose(found[name], name);
  });
});
