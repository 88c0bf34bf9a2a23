import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { jit } from '../../src/jit/index.js';
import { floats } from './operators/arrays.js';

type Map = (x: tf.Tensor4D) => tf.Tensor4D;

/**
 * Linear maps whose gradient TensorFlow.js' cpu backend gets wrong. The right one is the transposed map:
 * ⟨A x, w⟩ = ⟨x, Aᵀ w⟩ for all x and w.
 */
const maps: Record<string, { map: Map; result: number[] }> = {
  'mean of windows over the border': {
    map: (x) => tf.avgPool(x, 3, 2, 'same'),
    result: [2, 3, 3, 2],
  },
  'mean of long windows': {
    map: (x) => tf.avgPool(x, [4, 2], [1, 2], 'same'),
    result: [2, 5, 3, 2],
  },
  'bilinear, larger': {
    map: (x) => tf.image.resizeBilinear(x, [9, 7], false, true),
    result: [2, 9, 7, 2],
  },
  'bilinear, smaller': {
    map: (x) => tf.image.resizeBilinear(x, [2, 3], false, true),
    result: [2, 2, 3, 2],
  },
  'bilinear with aligned corners': {
    map: (x) => tf.image.resizeBilinear(x, [7, 3], true),
    result: [2, 7, 3, 2],
  },
  'nearest neighbour, by whole factors': {
    map: (x) => tf.image.resizeNearestNeighbor(x, [10, 18]),
    result: [2, 10, 18, 2],
  },
  'nearest neighbour with aligned corners': {
    map: (x) => tf.image.resizeNearestNeighbor(x, [7, 12], true),
    result: [2, 7, 12, 2],
  },
  'nearest neighbour, larger': {
    map: (x) => tf.image.resizeNearestNeighbor(x, [8, 7], false, true),
    result: [2, 8, 7, 2],
  },
  'nearest neighbour, smaller': {
    map: (x) => tf.image.resizeNearestNeighbor(x, [2, 3], false, true),
    result: [2, 2, 3, 2],
  },
};

test.each(Object.keys(maps))('%s', async (name) => {
  const { map, result } = maps[name];
  const size = [2, 5, 6, 2];
  const compiled = jit((x: tf.Tensor4D, z: tf.Tensor4D, w: tf.Tensor4D) => {
    const gradient = tf.grad((y) => tf.sum(tf.mul(map(y as tf.Tensor4D), w)))(z);
    return [tf.sum(tf.mul(map(x), w)), tf.sum(tf.mul(x, gradient))];
  });
  await fc.assert(
    fc.asyncProperty(floats(size), floats(size), floats(result), async (x, z, w) => {
      const [forward, backward] = await compiled(x, z, w);
      expect(backward.data[0]).toBeCloseTo(forward.data[0], 3);
    }),
    { numRuns: 10, seed: 7 },
  );
  await compiled.dispose();
});
