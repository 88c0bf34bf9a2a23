import { decodeImage } from '../../src/images/decode.js';
import { clipNormalisation, preprocess } from '../../src/images/preprocess.js';
import { resizeBicubic } from '../../src/images/resize.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { goldenFile, goldenJson, goldenTensors } from '../golden.js';

interface Checksums {
  sum: number;
  sum_of_squares: number;
  first_row_first_8_red: number[];
  min: number;
  max: number;
}
interface Golden {
  mean: [number, number, number];
  std: [number, number, number];
  rescale_factor: number;
  images: Record<string, Record<string, unknown>>;
}

const golden = goldenJson<Golden>('preprocess', 'preprocess.json');
const tensor = goldenTensors('preprocess', 'preprocess.safetensors');

const cases = Object.entries(golden.images).map(([file, facts]) => ({
  file,
  stem: file.replace(/\.\w+$/, ''),
  facts,
  sizes: Object.keys(facts)
    .filter((key) => key.startsWith('pixel_values_'))
    .map((key) => Number(key.slice('pixel_values_'.length))),
}));

function goldenImage(name: string): RgbImage {
  const { shape, data } = tensor(name);
  return { width: shape[1], height: shape[0], data: data as Uint8Array };
}

function differences(actual: Uint8Array, expected: Uint8Array): { largest: number; equal: number } {
  expect(actual.length).toBe(expected.length);
  const { abs, max } = Math;
  let largest = 0;
  let equal = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = abs(actual[i] - expected[i]);
    largest = max(largest, difference);
    if (difference === 0) equal++;
  }
  return { largest, equal: equal / actual.length };
}

const asStored = { applyOrientation: false };

test('the normalisation is CLIP’s', () => {
  expect(clipNormalisation).toEqual({
    rescaleFactor: golden.rescale_factor,
    mean: golden.mean,
    std: golden.std,
  });
});

describe.each(cases)('$file', ({ file, stem, facts, sizes }) => {
  test('decodes to the reference’s pixels', async () => {
    const decoded = await decodeImage(goldenFile('preprocess', file), asStored);
    const expected = goldenImage(`${stem}.decoded`);
    expect([decoded.width, decoded.height]).toEqual([expected.width, expected.height]);
    const { largest, equal } = differences(decoded.data, expected.data);
    expect(largest).toBeLessThanOrEqual(1);
    expect(equal).toBeGreaterThanOrEqual(0.995);
  });

  test.each(sizes)('resizes to %i exactly', (size) => {
    const resized = resizeBicubic(goldenImage(`${stem}.decoded`), size, size);
    const expected = goldenImage(`${stem}.resized_${size}`);
    expect(differences(resized.data, expected.data)).toEqual({ largest: 0, equal: 1 });
  });

  test.each(sizes)('from the file to %i pixels', async (size) => {
    const decoded = await decodeImage(goldenFile('preprocess', file), asStored);
    const resized = resizeBicubic(decoded, size, size);
    const expected = goldenImage(`${stem}.resized_${size}`);
    const { largest, equal } = differences(resized.data, expected.data);
    expect(largest).toBeLessThanOrEqual(1);
    expect(equal).toBeGreaterThanOrEqual(0.995);
  });

  test.each(sizes)('normalises the pixels of size %i', (size) => {
    const checksums = facts[`pixel_values_${size}`] as Checksums;
    const pixels = preprocess([goldenImage(`${stem}.decoded`)], {
      rescaleFactor: golden.rescale_factor,
      mean: golden.mean,
      std: golden.std,
      width: size,
      height: size,
    });
    expect(pixels.shape).toEqual([1, 3, size, size]);
    const values = Array.from(pixels.data);
    expect(values.slice(0, checksums.first_row_first_8_red.length)).toEqual(
      checksums.first_row_first_8_red,
    );
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(checksums.sum, 5);
    expect(values.reduce((sum, value) => sum + value ** 2, 0)).toBeCloseTo(
      checksums.sum_of_squares,
      5,
    );
    expect(values.reduce((least, value) => Math.min(least, value))).toBe(checksums.min);
    expect(values.reduce((most, value) => Math.max(most, value))).toBe(checksums.max);
  });
});

test('a whole tensor of pixel values is equal', () => {
  const pixels = preprocess([goldenImage('wide.decoded')], {
    rescaleFactor: golden.rescale_factor,
    mean: golden.mean,
    std: golden.std,
    width: 224,
    height: 224,
  });
  expect(pixels.data).toEqual(tensor('wide.pixel_values_224').data);
});
