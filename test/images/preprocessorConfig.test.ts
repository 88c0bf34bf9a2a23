import { UserError } from '../../src/errors.js';
import { clipNormalisation } from '../../src/images/preprocess.js';
import {
  parsePreprocessorConfig,
  toPreprocessorConfig,
} from '../../src/images/preprocessorConfig.js';

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
    [
      { image_std: [1, 0, 1] },
      /^m\/preprocessor_config\.json is not an image processor config: image_std: must be above zero$/,
    ],
    [{ image_mean: [1, 2] }, /image_mean: /],
    [{ resample: 2 }, /resample: only 3 \(bicubic\) is supported/],
    [{ size: 'large' }, /size: /],
    [[], /preprocessor_config\.json is not .*: .*expected object/],
  ])('errors name the field: %j', (json, message) => {
    expect(() => parse(json)).toThrow(UserError);
    expect(() => parse(json)).toThrow(message);
  });
});

test('what is written is read back', () => {
  const read = parsePreprocessorConfig(toPreprocessorConfig(96), 'preprocessor_config.json');
  expect(read).toEqual({ width: 96, height: 96, ...clipNormalisation });
});
