import { expect, test } from '@jest/globals';
import { clipNormalisation, normalise } from '../../src/images/preprocess.js';
import { resizeBicubic } from '../../src/images/resize.js';

test('pixels are written channel by channel', () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
  const target = new Float32Array(6);
  normalise(image, { rescaleFactor: 1, mean: [0, 0, 0], std: [10, 10, 10] }, target);
  expect([...target]).toEqual([1, 4, 2, 5, 3, 6]);
  expect(() => normalise(image, clipNormalisation, new Float32Array(3))).toThrow(RangeError);
});

test('resizing checks its sizes and leaves equal sizes alone', () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
  expect(resizeBicubic(image, 2, 1).data).toEqual(image.data);
  expect(resizeBicubic(image, 1, 3)).toMatchObject({ width: 1, height: 3 });
  for (const side of [0, 1.5, -1, Number.NaN]) {
    expect(() => resizeBicubic(image, side, 4)).toThrow(RangeError);
  }
});
