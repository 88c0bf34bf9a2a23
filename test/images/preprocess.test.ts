import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../src/errors.js';
import {
  clipNormalisation,
  normalise,
  parsePreprocessorConfig,
} from '../../src/images/preprocess.js';
import { resizeBicubic } from '../../src/images/resize.js';

describe('parsePreprocessorConfig', () => {
  const parse = (json: unknown) => parsePreprocessorConfig(json, 'm/preprocessor_config.json');

  test('what is left out is CLIP’s', () => {
    expect(parse({})).toEqual({ width: 224, height: 224, ...clipNormalisation });
  });

  test.each([
    [{ size: { shortest_edge: 336 }, crop_size: { height: 336, width: 336 } }, 336],
    [{ size: 336, crop_size: 336, do_center_crop: true }, 336],
    [{ size: { shortest_edge: 256 }, crop_size: 224 }, 224],
    [{ size: { height: 128, width: 128 }, do_center_crop: false, crop_size: 64 }, 128],
  ])('sizes: %j', (json, side) => {
    expect(parse(json)).toMatchObject({ width: side, height: side });
  });

  test('steps that are turned off', () => {
    expect(parse({ do_normalize: false, do_rescale: false })).toMatchObject({
      rescaleFactor: 1,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    });
  });

  test.each([
    [{ image_std: [1, 0, 1] }, /^m\/preprocessor_config\.json: image_std: must be above zero\.$/],
    [{ image_mean: [1, 2] }, /image_mean: /],
    [{ resample: 2 }, /resample: only 3 \(bicubic\) is supported/],
    [{ size: 'large' }, /size: /],
    [[], /preprocessor_config\.json: /],
  ])('errors name the field: %j', (json, message) => {
    expect(() => parse(json)).toThrow(UserError);
    expect(() => parse(json)).toThrow(message);
  });
});

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
