import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { readManifest } from '../../../app/prelabel/manifest.js';
import { Review } from '../../../app/prelabel/review.js';
import { callFgdet } from './callFgdet.js';
import { writeTinyModel } from './tinyModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-examples-cli-'));
const photo = join(folder, 'photo.png');
const saved = join(folder, 'thing.json');
let model: string;
let other: string;

beforeAll(async () => {
  model = await writeTinyModel({ contrastVocabulary: ['dog', 'cat'], scales: [1] });
  other = await writeTinyModel({ contrastVocabulary: ['dog', 'cat'], scales: [1] });
  // Another model: its config says something else.
  const config = join(other, 'config.json');
  writeFileSync(config, `${readFileSync(config, 'utf8')} `);
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  await sharp({ create: { width: 120, height: 90, channels: 3, noise, background: 'black' } })
    .png()
    .toFile(photo);
});
afterAll(() => {
  for (const path of [folder, model, other]) rmSync(path, { recursive: true });
});

const dense = () => ['--model', model, '--proposals', 'dense', '--threshold', '0', '--json'];
const example = ['--example', `thing=${photo}:10,10,60,60`];

test('a label is made of boxes, kept, and found by', async () => {
  const made = await callFgdet([
    ...['examples', ...example, '--negative-example', `thing=${photo}:70,30,110,80`],
    ...['--model', model, '--output', saved, '--json'],
  ]);
  expect(made).toMatchObject({ status: 0 });
  expect(JSON.parse(made.stdout)).toMatchObject({
    label: 'thing',
    examples: 1,
    negativeExamples: 1,
  });
  const found = await callFgdet(['detect', photo, ...dense(), '--examples', saved]);
  expect(found).toMatchObject({ status: 0 });
  const result = JSON.parse(found.stdout);
  expect(result.examples).toEqual({ thing: 1 });
  expect(result.images[0].detections[0].label).toBe('thing');
});

test('boxes of a label file are examples of their labels', async () => {
  const labels = join(folder, 'labels.json');
  writeFileSync(
    labels,
    JSON.stringify({
      images: [{ id: 1, file_name: 'photo.png', width: 120, height: 90 }],
      categories: [{ id: 1, name: 'thing' }],
      annotations: [1, 2].map((id) => ({
        ...{ id, image_id: 1, category_id: 1, bbox: [10 * id, 10, 50, 50], area: 2500, iscrowd: 0 },
      })),
    }),
  );
  const { status, stdout } = await callFgdet(['detect', photo, ...dense(), '--examples', labels]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout).examples).toEqual({ thing: 2 });
});

test('a folder is labelled by examples, and again by what was accepted', async () => {
  const photos = join(folder, 'photos');
  const output = join(folder, 'out/labels.json');
  for (const name of ['a.png', 'b.png']) {
    mkdirSync(photos, { recursive: true });
    copyFileSync(photo, join(photos, name));
  }
  const prelabel = (...more: string[]) =>
    callFgdet(['prelabel', photos, ...dense(), '--max', '3', '--output', output, ...more]);
  const labelled = await prelabel('--label', `part: examples:${saved} @ 0`);
  expect(labelled).toMatchObject({ status: 0 });
  const { labels, boxes } = JSON.parse(labelled.stdout);
  expect(labels).toMatchObject([{ label: 'part', threshold: 0 }]);
  expect(boxes).toBeGreaterThan(0);

  const review = await Review.open(output);
  const corrected = [{ label: 'corner', box: { xmin: 0, ymin: 0, xmax: 40, ymax: 40 } }];
  await review.save(0, corrected);
  // The file of examples is found from wherever the command is given.
  const again = await prelabel('--learn', 'examples');
  expect(again).toMatchObject({ status: 0 });
  expect(JSON.parse(again.stdout)).toMatchObject({ pictures: 2, kept: 1 });
  const { head, pictures } = await readManifest(join(folder, 'out/labels.prelabel/manifest.jsonl'));
  expect(head.labels).toMatchObject([
    { name: 'part', examples: 1 },
    { name: 'corner', phrasings: [], examples: 1 },
  ]);
  expect(head.model['examples sha256']).toMatch(/^[0-9a-f]{64}$/);
  expect(pictures[0]).toMatchObject({ status: 'kept', boxes: [{ label: 'corner' }] });
  expect(pictures[1].boxes.some(({ label }) => label === 'corner')).toBe(true);
});

test.each<[string, () => string[], RegExp]>([
  [
    'another model',
    () => ['detect', photo, '--model', other, '--examples', saved],
    /another model/,
  ],
  ['no example', () => ['detect', photo, '--example', 'thing'], /is no example; write/],
  [
    'a picture that is not there',
    () => ['detect', photo, '--example', 'a=no.png:1,1,9,9'],
    /no\.png/,
  ],
  [
    'a negative one alone',
    () => ['detect', photo, ...example, '--negative-example', `b=${photo}:1,1,9,9`],
    /"b" has negative examples only/,
  ],
  ['nothing to make a label of', () => ['examples', '--output', saved], /Say what shows it/],
])('%s is told in a line', async (_, args, message) => {
  const { status, stderr } = await callFgdet(args());
  expect(status).not.toBe(0);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/unexpected error/);
});
