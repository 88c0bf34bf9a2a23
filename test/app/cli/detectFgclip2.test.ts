import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDetector } from '../../../detectors/loadDetector.js';
import { FgClip2 } from '../../../src/fgclip2/model.js';
import { loadFgClip2Folder } from '../../../src/fgclip2/modelFolder.js';
import { decodeImage } from '../../../src/images/decode.js';
import { readImageFile } from '../../../src/images/readImageFile.js';
import { writeTinyFgClip2 } from '../../fgclip2/tinyFolder.js';
import { goldenFile } from '../../golden.js';
import { callFgdet } from './callFgdet.js';
import { writeTinyModel } from './tinyModel.js';

const detector = {
  proposals: 'dense',
  contrastVocabulary: ['dog', 'cat', 'tree', 'sky'],
  chineseVocabulary: ['狗', '猫', '树', '天空'],
  threshold: 0,
  temperature: 10,
};
const picture = goldenFile('fgclip2-tiny', 'picture_0.png');

let model: string;
let output: string;
beforeAll(async () => {
  model = await writeTinyFgClip2();
  writeFileSync(join(model, 'detector.json'), JSON.stringify(detector));
  output = mkdtempSync(join(tmpdir(), 'fgdet-detect-'));
});
afterAll(() => {
  for (const folder of [model, output]) rmSync(folder, { recursive: true });
});

const detect = (...more: string[]) =>
  callFgdet(['detect', picture, '-m', model, '-p', 'a black cat', '-p', '一只黑猫', ...more]);

interface Result {
  images: { detections: { label: string; score: number; box: Record<string, number> }[] }[];
}

describe('fgdet detect with FG-CLIP 2', () => {
  test('finds boxes inside the picture for prompts in two languages', async () => {
    const { status, stdout, stderr } = await detect('--json');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const [{ detections }] = (JSON.parse(stdout) as Result).images;
    expect(new Set(detections.map(({ label }) => label))).toEqual(
      new Set(['a black cat', '一只黑猫']),
    );
    for (const { score, box } of detections) {
      expect(score > 0 && score <= 1).toBe(true);
      expect(box.xmin >= 0 && box.xmax <= 61 && box.xmin < box.xmax).toBe(true);
      expect(box.ymin >= 0 && box.ymax <= 45 && box.ymin < box.ymax).toBe(true);
    }
  });

  test('draws pictures and heat maps', async () => {
    const { status } = await detect('--output', output, '--heatmap', '--patches', '64');
    expect(status).toBe(0);
    expect(existsSync(join(output, 'detections.json'))).toBe(true);
    const map = await callFgdet(['heatmap', picture, '-m', model, '-p', 'cat', '-o', output]);
    expect(map.status).toBe(0);
  });

  test('--patches changes what is seen, and is for FG-CLIP 2 only', async () => {
    const [few, many] = [await detect('--json', '--patches', '16'), await detect('--json')];
    expect(JSON.parse(few.stdout).images).not.toEqual(JSON.parse(many.stdout).images);
    expect(await detect('--patches', 'all')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--patches takes "dynamic" or a whole number/),
    });
    const other = await writeTinyModel();
    const refused = await callFgdet([
      ...['detect', picture, '-m', other, '-p', 'cat', '--patches', '64'],
    ]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/can be told to FG-CLIP 2 only/);
    rmSync(other, { recursive: true });
  });

  test('a proposal network is refused', async () => {
    const { status, stderr } = await detect('--proposals', 'network');
    expect(status).toBe(1);
    expect(stderr).toMatch(/no proposal network/);
  });
});

test('whole pictures are scored by the model itself', async () => {
  const image = await decodeImage(await readImageFile(picture));
  const texts = ['a black cat', '一只黑猫'];
  const own = new FgClip2(await loadFgClip2Folder(model));
  const ofTexts = await own.textFeatures(texts, { length: 'short' });
  const scores = own.globalScores(await own.imageFeatures([own.preprocess(image)]), ofTexts);
  await own.dispose();
  for (const batch of [1, 2]) {
    const detecting = await loadDetector(model, { batch });
    const ofImage = await detecting.imageFeatures([image]);
    const found = detecting.globalScores(ofImage, await detecting.textFeatures(texts))!;
    await detecting.dispose();
    expect(found).toHaveLength(2);
    found.forEach((score, i) => {
      expect(score).toBeCloseTo(scores.data[i], 5);
    });
  }
});

test('captions that are too long to be short are long ones, in their places', async () => {
  const texts = ['a black cat', 'one word '.repeat(60), '一只黑猫'];
  const own = new FgClip2(await loadFgClip2Folder(model));
  expect(texts.map((text) => own.captionLength(text))).toEqual(['short', 'long', 'short']);
  const [short, long] = [
    await own.textFeatures([texts[0], texts[2]], { length: 'short' }),
    await own.textFeatures([texts[1]], { length: 'long' }),
  ];
  await own.dispose();
  const width = short.shape[1];
  const detecting = await loadDetector(model);
  const { values } = await detecting.textFeatures(texts);
  await detecting.dispose();
  const expected = [short.data.slice(0, width), long.data, short.data.slice(width)];
  expected.forEach((feature, place) => {
    const size = Math.hypot(...feature);
    feature.forEach((value, i) => {
      expect(values[place * width + i]).toBeCloseTo(value / size, 5);
    });
  });
});

test('boxes are classified by region features and the texts of boxes', async () => {
  const image = await decodeImage(await readImageFile(picture));
  const names = ['a black cat', 'umbrella'];
  const { width, height } = image;
  const boxes = [[0, 0, width, height] as const, [10, 5, 40, 30] as const];

  const own = new FgClip2(await loadFgClip2Folder(model));
  const [regions] = await own.regionFeatures([own.preprocess(image)], [boxes]);
  const texts = await own.textFeatures(names, { length: 'box' });
  const size = own.config.vision.hiddenSize;
  const row = ({ data }: { data: ArrayLike<number> }, i: number) =>
    Array.from(data).slice(i * size, (i + 1) * size);
  const cosine = (a: number[], b: number[]) =>
    a.reduce((sum, x, i) => sum + x * b[i], 0) / (Math.hypot(...a) * Math.hypot(...b));
  const expected = boxes.map((_, box) => {
    const exps = names.map((_, i) => Math.exp(10 * cosine(row(regions, box), row(texts, i))));
    const sum = exps.reduce((total, each) => total + each, 0);
    return exps.map((each) => each / sum);
  });
  await own.dispose();

  const detecting = await loadDetector(model);
  const classifier = await detecting.boxClassifier(names, { templates: ['{}'] });
  const { prepared } = await import('../../../detectors/preparedPicture.js');
  const found = await classifier.classify(prepared(image, classifier.sight()), boxes);
  await detecting.dispose();
  expected.flat().forEach((probability, i) => {
    expect(Math.exp(found[i])).toBeCloseTo(probability, 4);
  });
});
