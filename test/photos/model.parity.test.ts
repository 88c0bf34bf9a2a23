import { jit } from '../../src/jit/index.js';
import type { NdArray } from '../../src/jit/ndarray.js';
import { centred } from '../../src/photos/anchors.js';
import { photosFunctions } from '../../src/photos/functions.js';
import { PhotosModel } from '../../src/photos/model.js';
import { boxNormalisation, cropNormalisation, pixelsOf } from '../../src/photos/preprocess.js';
import { device } from '../device.js';
import { expectWithin, largestDifferenceOfLists } from '../golden.js';
import { goldenPicture, goldens, publishedModel } from './shippedModel.js';

const folder = publishedModel();
const model = new PhotosModel(folder, { device });
afterAll(() => model.dispose());

/** One of the model's functions on pixels, compiled with its own tensors. */
async function run<R>(name: 'boxMaps' | 'cropAnswers', pixels: NdArray): Promise<R> {
  const own = [...folder.parameters].filter(([one]) => one.startsWith(name.slice(0, 3)));
  const compiled = jit(photosFunctions(folder.config)[name] as never, {
    device,
    constants: [Object.fromEntries(own)],
    name,
  }) as unknown as { (pixels: NdArray): Promise<R>; dispose(): Promise<void> };
  try {
    return await compiled(pixels);
  } finally {
    await compiled.dispose();
  }
}

describe('NanoDet-g, whose published weights are in 16 bits', () => {
  const golden = goldens.nanodet_g_416;

  test('scores of all cells', async () => {
    const pixels = pixelsOf([goldenPicture(416)], 416, boxNormalisation);
    const maps = await run<NdArray[]>('boxMaps', pixels);
    expect(maps.map(({ shape }) => shape)).toEqual([
      [1, 52, 52, 124],
      [1, 26, 26, 124],
      [1, 13, 13, 124],
    ]);
    const scores = maps.flatMap(({ data }) =>
      Array.from(data as Float32Array, (logit) => 1 / (1 + Math.exp(-logit))),
    );
    const sum = scores.reduce((total, score, i) => total + (i % 124 < 80 ? score : 0), 0);
    expectWithin('photos', 'NanoDet-g: sum of scores', Math.abs(sum - golden.scores_sum), 0.01);
    const best = golden.top.map(({ anchor, cls }) => scores[anchor * 124 + cls]);
    const expected = golden.top.map(({ score }) => score);
    expectWithin(
      'photos',
      'NanoDet-g: best scores',
      largestDifferenceOfLists(best, expected),
      1e-5,
    );
  });

  test('boxes', async () => {
    const [found] = await model.findBoxes([goldenPicture(416)]);
    expect(found.length).toBe(100);
    const golden3 = golden.top[2];
    // The second best overlaps the best, the third does not.
    for (const [place, { box, score, cls }] of [golden.top[0], golden3].entries()) {
      const pixels = found[place].box.map((share) => share * 416);
      expectWithin('photos', 'NanoDet-g: boxes', largestDifferenceOfLists(pixels, box), 1e-3);
      expect(found[place].quality).toBeCloseTo(score, 4);
      expect(found[place].scores[cls]).toBe(found[place].quality);
    }
  });
});

// Weights in float32 are within 7e-5 of the goldens; storing them in 16 bits is what the rest comes from.
test.each([160, 224, 260] as const)('EfficientNet-Lite2 at %s', async (side) => {
  const golden = goldens[`efficientnet_lite2_${side}`];
  const pixels = pixelsOf([goldenPicture(side)], side, cropNormalisation);
  const { features, probabilities } = await run<Record<string, NdArray>>('cropAnswers', pixels);
  const logits = Array.from(probabilities.data, Math.log);
  const [[best, largest]] = golden.top5;
  const beside = (place: number) => logits[place] - logits[best] + largest;
  const what = `EfficientNet-Lite2 at ${side}`;
  const differences = [
    ...golden.top5.map(([place, value]) => beside(place) - value),
    ...golden.logits_first4.map((value, place) => beside(place) - value),
  ];
  expectWithin('photos', `${what}: logits`, Math.max(...differences.map(Math.abs)), 0.03);
  const own = golden.pooled1280_top5.map(([place]) => features.data[place]);
  const expected = golden.pooled1280_top5.map(([, value]) => value);
  const difference = largestDifferenceOfLists(own, expected);
  expectWithin('photos', `${what}: features`, difference, 0.03);
  const mean = (features.data as Float32Array).reduce((sum, value) => sum + value) / 1280;
  expectWithin('photos', `${what}: their mean`, Math.abs(mean - golden.pooled1280_mean), 1e-3);
});

describe('all-MiniLM-L6-v2, whose published weights are in int8', () => {
  const { cos, anchors_mu1080: anchors } = { cos: cosine, ...goldens };

  test('vectors of texts', async () => {
    const { texts, mean_pool_unit_first4: first, cos: expected } = goldens.minilm_int8;
    const vectors = await model.textVectors(texts);
    const [cat, dog] = [vectors.subarray(0, 384), vectors.subarray(384)];
    const own = [cat, dog].flatMap((vector) => [...vector.subarray(0, 4)]);
    const difference = largestDifferenceOfLists(own, first.flat());
    expectWithin('photos', 'MiniLM: vectors', difference, 1e-4);
    expectWithin('photos', 'MiniLM: a cosine', Math.abs(cos(cat, dog) - expected), 1e-4);
  });

  // The reference puts "a" and "an" by another rule before some of the names.
  test('nearest names', async () => {
    const { mean, vectors } = model.anchors;
    const difference = largestDifferenceOfLists(mean.subarray(0, 8), anchors.mu_first8);
    expectWithin('photos', 'anchors: their mean', difference, 3e-4);
    const names = [...model.names.detector, ...model.names.classes];
    for (const text of ['a raccoon', 'a small brown dog', 'a kangaroo'] as const) {
      const vector = centred(await model.textVectors([text]), mean);
      const cosines = names.map((_, row) =>
        cos(vector, vectors.subarray(row * 384, row * 384 + 384)),
      );
      const nearest = cosines
        .map((value, row) => ({ value, row }))
        .sort((a, b) => b.value - a.value);
      const { cos_top5: expected, sum_exp: sum } = anchors[text];
      expect(nearest.slice(0, 5).map(({ row }) => row)).toEqual(expected.map(([row]) => row));
      expected.forEach(([row, name]) => {
        expect(names[row].split(',')[0]).toBe(name);
      });
      const off = expected.map(([row, , value]) => Math.abs(cosines[row] - value));
      expectWithin('photos', 'anchors: nearest cosines', Math.max(...off), 1e-3);
      const weights = cosines.reduce((total, value) => total + Math.exp(6 * (value - 1)), 0);
      expectWithin('photos', 'anchors: sum of weights', Math.abs(weights - sum), 5e-3);
    }
  });
});

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
