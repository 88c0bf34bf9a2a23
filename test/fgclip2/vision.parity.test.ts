import * as tf from '@tensorflow/tfjs-core';
import {
  denseFeatures,
  embedPatches,
  encodePatches,
  pooledFeatures,
  visionBlock,
  visionPositions,
} from '../../src/fgclip2/vision.js';
import type { Grid } from '../../src/geometry/grid.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { bilinearMatrix } from '../../src/nn/bilinear.js';
import type { Parameters } from '../../src/nn/transformer.js';
import { config, expectClose, input, outputNames, run } from './goldenModel.js';

const { vision } = config;

function positions(w: Parameters, { rows, columns }: Grid): tf.Tensor2D {
  const { positionSide: side } = vision;
  return visionPositions(
    w,
    vision,
    tf.tensor2d(bilinearMatrix(side, rows), [rows, side]),
    tf.tensor2d(bilinearMatrix(side, columns), [columns, side]),
  );
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
  const found = await run((w) => ({ [name]: positions(w, { rows, columns }) }));
  expectClose(found[name], name);
});

describe('features', () => {
  test.each([0, 1, 2, 3])('of picture %i', async (index) => {
    const { grid, patches } = picture(index);
    const { pooled, dense } = await run((w, x: tf.Tensor3D) => {
      const tokens = encodePatches(w, vision, x, positions(w, grid));
      return { pooled: pooledFeatures(w, vision, tokens), dense: denseFeatures(w, vision, tokens) };
    }, patches);
    expectClose(dense, `dense_features.${index}`);
    expectClose(pooled, 'image_features', index);
    expectClose(pooled, 'image_features_one_by_one', index);
  });

  test('on the way', async () => {
    const { grid, patches } = picture(0);
    const found = await run((w, x: tf.Tensor3D) => {
      const states: Record<string, tf.Tensor> = {};
      let tokens = embedPatches(w, x, positions(w, grid));
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
