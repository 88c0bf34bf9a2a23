import { ContrastModel } from '../../../detectors/contrastModel.js';
import { concatenated, type Features, features } from '../../../detectors/features.js';
import type { PatchModel } from '../../../detectors/patchModel.js';
import { prepared } from '../../../detectors/preparedPicture.js';
import { Rescorer } from '../../../detectors/rescore/rescorer.js';
import { parseDetectorSettings } from '../../../detectors/settings.js';
import type { RgbImage } from '../../../src/images/rgbImage.js';

const vectors = (...rows: number[][]): Features =>
  features(Float32Array.from(rows.flat()), rows[0].length);

/** Sees [2, 0] in the left half of every picture and [0, 3] in the right one. */
const model: PatchModel = {
  imageSize: 16,
  patchSize: 4,
  hasNetwork: false,
  async view(shown) {
    const [columns, rows] = [Math.ceil(shown.width / 4), Math.ceil(shown.height / 4)];
    const cells = Array.from({ length: rows * columns }, (_, cell) =>
      cell % columns < columns / 2 ? [2, 0] : [0, 3],
    );
    const extent = { columns: shown.width / 4, rows: shown.height / 4 };
    return { map: { features: vectors(...cells), rows, columns }, extent };
  },
  textFeatures: async (texts) => concatenated(texts.map((text) => meanings[text])),
  async dispose() {},
};

const image: RgbImage = { width: 80, height: 80, data: new Uint8Array(80 * 80 * 3) };
/** Cosines with what is left: 1, 0.6, 0; with what is right: 0, 0.8, 1. */
const meanings: Record<string, Features> = {
  one: vectors([1, 0]),
  two: vectors([0.6, 0.8]),
  three: vectors([0, 1]),
};

async function rescorerOf(
  weights: readonly number[],
  { scales = [1], own = model }: { scales?: number[]; own?: PatchModel } = {},
): Promise<Rescorer> {
  const contrast = new ContrastModel(own, parseDetectorSettings({ scales, templates: ['{}'] }));
  const classifier = await contrast.boxClassifier(Object.keys(meanings), { temperature: 2 });
  return new Rescorer(classifier, weights);
}

const { exp, sqrt } = Math;

test.each([[[1]], [[1, 2]]])('softmax and geometric mean, by hand, at sizes %j', async (scales) => {
  const weights = [0.5, 0.5, 0.5];
  const rescorer = await rescorerOf(weights, { scales });
  const found = await rescorer.score(
    prepared(image, rescorer.sight()),
    [
      [45, 5, 75, 75],
      [5, 5, 35, 60],
    ],
    [0.81, 0.25],
  );
  expect(found.map((region) => region.class)).toEqual([2, 0]);
  const right = exp(2) / (exp(0) + exp(1.6) + exp(2));
  const left = exp(2) / (exp(2) + exp(1.2) + exp(0));
  expect(found[0].score).toBeCloseTo(0.9 * sqrt(right), 6);
  expect(found[1].score).toBeCloseTo(0.5 * sqrt(left), 6);
});

test('the weight of a class decides between the detector and FG-CLIP', async () => {
  const weights = [0.1, 0.5, 0.8];
  const rescorer = await rescorerOf(weights);
  const found = await rescorer.score(
    prepared(image, rescorer.sight()),
    [
      [5, 5, 35, 75],
      [45, 5, 75, 75],
    ],
    [0.5, 0.5],
  );
  const left = exp(2) / (exp(2) + exp(1.2) + exp(0));
  const right = exp(2) / (exp(0) + exp(1.6) + exp(2));
  expect(found[0].score).toBeCloseTo(0.5 ** 0.9 * left ** 0.1, 6);
  expect(found[1].score).toBeCloseTo(0.5 ** 0.2 * right ** 0.8, 6);
});

test('a picture without boxes is not looked at', async () => {
  const blind = { ...model, view: () => Promise.reject(new Error('looked')) };
  const rescorer = await rescorerOf([], { own: blind });
  expect(await rescorer.score(prepared(image, rescorer.sight()), [], [])).toEqual([]);
});
