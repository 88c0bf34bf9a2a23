import '@tensorflow/tfjs-backend-cpu';
import '../../src/jit/gradients/all.js';
import * as tf from '@tensorflow/tfjs-core';
import { roiAlign } from '../../src/nn/roiAlign.js';
import { roiWeights } from '../../src/nn/roiWeights.js';

test('a box over the whole map averages it', () => {
  const { rowWeights, columnWeights } = roiWeights(Float32Array.of(0, 0, 3, 2), 2, 3);
  const maps = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
  const pooled = roiAlign(
    maps,
    tf.tensor1d([0], 'int32'),
    tf.tensor2d(rowWeights, [1, 2]),
    tf.tensor2d(columnWeights, [1, 3]),
  );
  expect(pooled.shape).toEqual([1, 1, 1, 1]);
  expect(pooled.dataSync()[0]).toBeCloseTo(3.5, 5);
});

test('a box of one cell reads that cell of its own image', () => {
  const { rowWeights, columnWeights } = roiWeights(Float32Array.of(1, 0, 2, 1, 0, 1, 1, 2), 2, 2);
  const maps = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1]);
  const pooled = roiAlign(
    maps,
    tf.tensor1d([1, 0], 'int32'),
    tf.tensor2d(rowWeights, [2, 2]),
    tf.tensor2d(columnWeights, [2, 2]),
  );
  expect([...pooled.dataSync()]).toEqual([6, 3]);
});

test('boxes without area have no weight, and a one-cell map is no special case', () => {
  const empty = roiWeights(Float32Array.of(1, 1, 1, 3), 4, 4);
  expect(Math.max(...empty.columnWeights)).toBe(0);
  const single = roiWeights(Float32Array.of(0, 0, 1, 1), 1, 1, { bins: [2, 2] });
  expect([...single.rowWeights]).toEqual([1, 1]);
});

test('a ragged list of boxes is refused', () => {
  expect(() => roiWeights(new Float32Array(5), 2, 2)).toThrow(/four numbers/);
});
