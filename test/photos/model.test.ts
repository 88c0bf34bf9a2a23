import type { RgbImage } from '../../src/images/rgbImage.js';
import { ndarray } from '../../src/jit/ndarray.js';
import { PhotosModel } from '../../src/photos/model.js';
import { createRandom } from '../../src/random.js';
import { largestDifferenceOfLists } from '../golden.js';
import { goldenPicture, publishedModel } from './shippedModel.js';

let model: PhotosModel;
beforeAll(() => {
  model = new PhotosModel(publishedModel());
});
afterAll(() => model.dispose());

function noise(side: number, seed: number): RgbImage {
  const { uniform } = createRandom(seed);
  const data = Uint8Array.from({ length: 3 * side * side }, () => Math.floor(256 * uniform()));
  return { width: side, height: side, data };
}

describe('pictures', () => {
  test('boxes lie inside, by falling quality, and do not depend on what else is asked', async () => {
    const pictures = [goldenPicture(416), noise(416, 0)];
    const found = await model.findBoxes(pictures);
    expect(found.length).toBe(2);
    for (const boxes of found) {
      for (const { box, quality, scores } of boxes) {
        expect(Math.min(...box)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...box)).toBeLessThanOrEqual(1);
        expect(quality).toBe(Math.max(...scores));
      }
      const qualities = boxes.map(({ quality }) => quality);
      expect(qualities).toEqual([...qualities].sort((a, b) => b - a));
    }
    expect(await model.findBoxes([pictures[1]])).toEqual([found[1]]);
    expect(await model.findBoxes([])).toEqual([]);
  });

  test('other sizes are refused', async () => {
    await expect(model.findBoxes([noise(416, 0), noise(224, 0)])).rejects.toThrow(
      'Pictures must be squashed to 416 x 416 pixels; number 0 has 224 x 224.',
    );
  });
});

describe('crops', () => {
  test('batches equal singles', async () => {
    const crops = [goldenPicture(224), ...[1, 2, 3, 4, 5].map((seed) => noise(224, seed))];
    const together = await model.classifyCrops(crops);
    const features = await model.cropFeatures(crops);
    expect([together.length, features.length]).toEqual([6 * 1000, 6 * 1280]);
    for (const [index, crop] of crops.entries()) {
      const own = together.subarray(index * 1000, (index + 1) * 1000);
      expect(own.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
      const alone = await model.classifyCrops([crop]);
      expect(largestDifferenceOfLists(own, alone)).toBeLessThan(1e-5);
      const row = features.subarray(index * 1280, (index + 1) * 1280);
      expect(largestDifferenceOfLists(row, await model.cropFeatures([crop]))).toBeLessThan(1e-4);
    }
    expect(await model.classifyCrops([])).toEqual(new Float32Array(0));
  });
});

describe('texts', () => {
  test('a text means the same whatever else is asked', async () => {
    const long = 'a dog beside a bench under a tree '.repeat(60);
    const texts = ['a cat', '', 'a small brown dog', long, `${long} and a cat`, 'Crème brûlée!'];
    const many = [...texts, ...model.names.classes.slice(0, 90)];
    const together = await model.textVectors(many);
    for (const [index, text] of texts.entries()) {
      const own = together.subarray(index * 384, (index + 1) * 384);
      expect(own.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5);
      expect(largestDifferenceOfLists(own, await model.textVectors([text]))).toBeLessThan(1e-5);
    }
    // Both are cut to the same tokens.
    expect(together.subarray(3 * 384, 4 * 384)).toEqual(together.subarray(4 * 384, 5 * 384));
    expect(await model.textVectors([])).toEqual(new Float32Array(0));
  });

  test('anchors and background are unit vectors, a row for each name', () => {
    const { mean, vectors, background } = model.anchors;
    expect([mean.length, vectors.length, background.length]).toEqual([384, 1080 * 384, 1000 * 384]);
    for (const rows of [vectors, background]) {
      for (let start = 0; start < rows.length; start += 384) {
        const square = rows.subarray(start, start + 384).reduce((sum, x) => sum + x * x, 0);
        expect(Math.abs(square - 1)).toBeLessThan(1e-3);
      }
    }
    expect(model.names.detector[16]).toBe('dog');
    expect(model.names.classes[0]).toBe('tench, Tinca tinca');
  });
});

describe('a model whose weights are no numbers says so:', () => {
  const damaged = (name: RegExp) => {
    const opened = publishedModel();
    const [key, { data, shape }] = [...opened.parameters].find(([each]) => name.test(each))!;
    const values = Float32Array.from(data).fill(Number.NaN, 0, 1);
    return { ...opened, parameters: new Map(opened.parameters).set(key, ndarray(values, shape)) };
  };

  test('the names', () => {
    expect(() => new PhotosModel(damaged(/^anchors\.mean/))).toThrow(
      /models.photos gives no numbers for names: its weights are damaged/,
    );
  });

  test('the boxes', async () => {
    const broken = new PhotosModel(damaged(/^boxes\..*weight/));
    await expect(broken.findBoxes([noise(416, 0)])).rejects.toThrow(
      /models.photos gives no numbers for pictures: its weights are damaged/,
    );
    await broken.dispose();
  });
});
