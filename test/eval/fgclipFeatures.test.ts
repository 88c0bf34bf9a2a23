import { fgclipFeatures } from '../../eval/fgclipFeatures.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';

const preprocessing = {
  ...{ width: 8, height: 4, rescaleFactor: 1 / 255 },
  ...{ mean: [0, 0, 0] as const, std: [1, 1, 1] as const },
};
const image = (red: number): RgbImage => ({
  ...{ width: 2, height: 2 },
  data: Uint8Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? red : 0)),
});

/** What the model was shown. */
const seen: NdArray[] = [];
const asked: unknown[] = [];
const model = fgclipFeatures(
  {
    config: { vision: { patchSize: 2 } },
    async imageFeatures(pixels) {
      seen.push(pixels);
      const [images] = pixels.shape;
      const red = Float32Array.from({ length: images }, (_, i) => pixels.data[i * 96] * 255);
      return ndarray(red, [images, 1]);
    },
    async regionFeatures(_, boxes) {
      return boxes;
    },
    async textFeatures(texts, options) {
      asked.push(options?.length);
      return ndarray(new Float32Array(texts.length), [texts.length, 1]);
    },
  },
  preprocessing,
);

test('fewer images than before are filled up, and the filling is left out', async () => {
  await model.imageFeatures([image(1), image(2), image(3)]);
  const { shape, data } = await model.imageFeatures([image(7)]);
  expect([shape, data[0]]).toEqual([[1, 1], 7]);
  expect(seen.map((pixels) => pixels.shape)).toEqual([
    [3, 3, 4, 8],
    [3, 3, 4, 8],
  ]);
});

test('boxes are told in patches, with their image', async () => {
  const boxes = await model.regionFeatures([image(1), image(2)], [[], [[0, 0.5, 0.25, 1]]]);
  expect([...boxes.data]).toEqual([1, 0, 1, 1, 2]);
});

test('texts of regions are short ones', async () => {
  for (const use of ['short', 'box', 'long'] as const) await model.textFeatures(['a'], use);
  expect(asked).toEqual(['short', 'short', 'long']);
});
