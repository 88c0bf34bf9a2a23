import { readFileSync } from 'node:fs';
import { type FgClip2, loadFgClip2 } from '../../src/fgclip2/model.js';
import type { TextLength } from '../../src/fgclip2/textLength.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { decodeImage } from '../../src/images/decode.js';
import { ndarray } from '../../src/jit/ndarray.js';
import { unitVectors } from '../../src/unitVectors.js';
import { device } from '../device.js';
import { goldenFile, goldenJson } from '../golden.js';
import { expectClose, input, output } from './goldenModel.js';

const texts = goldenJson<Record<TextLength, string[]>>('fgclip2-tiny', 'texts.json');
const lengths: TextLength[] = ['short', 'box', 'long'];

let model: FgClip2;
beforeAll(async () => {
  model = await loadFgClip2(goldenFile('fgclip2-tiny'), { device });
});
afterAll(() => model.dispose());

/** The pictures from their files, at 128 patches. */
function pictures() {
  return Promise.all(
    [0, 1, 2, 3].map(async (index) => {
      const file = goldenFile('fgclip2-tiny', `picture_${index}.png`);
      return model.preprocess(await decodeImage(readFileSync(file)), 128);
    }),
  );
}

/** The boxes of a picture. */
function boxesOf(index: number): Xyxy[] {
  const { data, shape } = input('boxes');
  const start = index * shape[1] * 4;
  return Array.from({ length: shape[1] }, (_, box) => {
    const [x1, y1, x2, y2] = data.subarray(start + 4 * box, start + 4 * box + 4);
    return [x1, y1, x2, y2];
  });
}

test('from files to features of pictures, patches and regions', async () => {
  const all = await pictures();
  expectClose(await model.imageFeatures(all), 'image_features');
  const dense = await model.denseFeatures(all);
  dense.forEach((map, index) => {
    expectClose(map, `dense_features.${index}`);
  });
  const regions = await model.regionFeatures(
    all,
    all.map((_, index) => boxesOf(index)),
  );
  regions.forEach((features, index) => {
    expectClose(features, `region_features.${index}`);
  });
  const width = model.config.vision.hiddenSize;
  const boxTexts = unitVectors(
    (await model.textFeatures(texts.box, { length: 'box' })).data,
    width,
  );
  // The last box of each picture has no width.
  const found = regions.flatMap(({ data, shape }) => [
    ...unitVectors(data.subarray(0, (shape[0] - 1) * width), width),
  ]);
  const cosines = Float32Array.from(
    { length: (found.length / width) * texts.box.length },
    (_, i) => {
      const [row, column] = [Math.floor(i / texts.box.length), i % texts.box.length];
      let sum = 0;
      for (let j = 0; j < width; j++) sum += found[row * width + j] * boxTexts[column * width + j];
      return sum;
    },
  );
  expectClose(ndarray(cosines, output('region_cosines_box').shape), 'region_cosines_box');
});

test('pictures of one grid, run together, are as one by one', async () => {
  const [, , , small] = await pictures();
  const other = { ...small, patches: small.patches.map((value) => -value) };
  const alone = [
    ...(await model.imageFeatures([small])).data,
    ...(await model.imageFeatures([other])).data,
    ...(await model.imageFeatures([small])).data,
  ];
  const together = await model.imageFeatures([small, other, small]);
  together.data.forEach((value, i) => {
    expect(value).toBeCloseTo(alone[i], 4);
  });
});

test.each(lengths)('%s texts and their scores', async (length) => {
  const features = await model.textFeatures(texts[length], { length });
  expectClose(features, `text_features_${length}`);
  const images = await model.imageFeatures(await pictures());
  expectClose(model.globalScores(images, features), `probabilities_${length}`);
});
