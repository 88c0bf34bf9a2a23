import { dirname } from 'node:path';
import { preprocess } from '../../src/fgclip2/preprocess.js';
import { textTokens } from '../../src/fgclip2/textTokens.js';
import { resizeBicubic } from '../../src/images/resize.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { createRandom } from '../../src/random.js';
import { loadGemmaTokenizer } from '../../src/text/gemmaTokenizer.js';
import { naflexForm } from '../../training/forms/naflex.js';
import type { PlainArray } from '../../training/plainArrays.js';
import { config } from '../fgclip2/goldenModel.js';
import { goldenFile } from '../golden.js';

const tokenizer = loadGemmaTokenizer(dirname(goldenFile('fgclip2-tiny', 'tokenizer.json')));
const { patchSize } = config.vision;
const half = [0.5, 0.5, 0.5] as [number, number, number];
const settings = { patchSize, normalisation: { rescaleFactor: 1 / 255, mean: half, std: half } };
const asTheyAre: [number, number, number] = [1, 1, 1];

function picture(width: number, height: number): RgbImage {
  const random = createRandom(width);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  return { width, height, data };
}

function shown(limit: number | 'dynamic', ...pictures: RgbImage[]) {
  const room = naflexForm(config, tokenizer, settings, limit).pictures(pictures.length);
  pictures.forEach((each, place) => {
    room.put(place, each, asTheyAre);
  });
  const { parts, pool } = room.finish();
  return { ...(parts as Record<'patches' | 'missing', PlainArray>), pool };
}

test('pictures keep their aspect ratio, and those with fewer patches are filled up', () => {
  const [wide, tall] = [picture(300, 150), picture(130, 390)];
  const { patches, missing } = shown(50, wide, tall);
  expect(patches.shape).toEqual([2, 50, 48]);
  [wide, tall].forEach((each, place) => {
    const expected = preprocess(each, settings, 50);
    const count = expected.rows * expected.columns;
    const own = patches.data.subarray(place * 50 * 48, (place + 1) * 50 * 48);
    expect([...own.subarray(0, count * 48)]).toEqual([...expected.patches]);
    expect(own.subarray(count * 48).every((value) => value === 0)).toBe(true);
    const gaps = [...missing.data.subarray(place * 50, (place + 1) * 50)];
    expect(gaps).toEqual(gaps.map((_, i) => (i < count ? 0 : 1)));
  });
});

test('each has the patches that its own pixels are worth, and the batch room for the most', () => {
  // With patches of 4 pixels more than 784 fit into the one, and 1,024 into what a thin one is squashed to.
  const thin = picture(20, 200);
  const { patches } = shown('dynamic', thin);
  const squashed = preprocess(resizeBicubic(thin, 512, 512), settings);
  expect(patches.shape).toEqual([1, 1024, 48]);
  expect([...patches.data]).toEqual([...squashed.patches]);
});

test('a box is read from the patches of its own picture', () => {
  const { pool, patches } = shown(50, picture(300, 150), picture(130, 390));
  const { rowWeights, columnWeights } = pool([
    { image: 0, box: [0, 0, 0.5, 1] },
    { image: 1, box: [0, 0, 1, 1] },
  ]);
  expect([rowWeights.shape, columnWeights.shape]).toEqual([
    [2, patches.shape[1]],
    [2, 1],
  ]);
  const { rows, columns } = preprocess(picture(300, 150), settings, 50);
  const left = Array.from({ length: rows * columns }, (_, i) => i % columns < columns / 2);
  const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);
  const [first, second] = [0, 1].map((i) => [...rowWeights.data.subarray(i * 50, (i + 1) * 50)]);
  expect(sum(first.filter((_, i) => left[i]))).toBeGreaterThan(0.95);
  expect(sum(first)).toBeCloseTo(1, 5);
  expect(sum(second)).toBeCloseTo(1, 5);
});

test('texts are in lower case, with all the tokens of their kind', () => {
  const form = naflexForm(config, tokenizer, settings);
  const { shortIds } = form.shortTexts(['A Red CAT', 'a dog'], 8) as { shortIds: PlainArray };
  expect(shortIds.shape).toEqual([2, 64]);
  expect([...shortIds.data.subarray(0, 64)]).toEqual([...textTokens(tokenizer, 'a red cat', 64)]);
  const { longIds } = form.longTexts(['A long one']) as { longIds: PlainArray };
  expect(longIds.shape).toEqual([1, 196]);
});
