import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { runFgdet } from './runFgdet.js';
import { writeTinyModel } from './tinyModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-evaluate-'));
let model: string;

const records = join(folder, 'records.json');
const annotations = join(folder, 'annotations.json');
const tasks = {
  boxes: { task: 'boxes', annotations, images: folder, templates: 'plain' },
  '1 of 11': { task: 'hard-negatives', records, images: folder },
  captions: { task: 'retrieval', records, images: folder, limit: 2 },
};

beforeAll(async () => {
  model = await writeTinyModel();
  const names = ['cat', 'dog', 'animal'];
  const images = await Promise.all(
    names.map(async (name, id) => {
      const file_name = `${name}.png`;
      const background = { r: 90 * id, g: 200, b: 60 };
      await sharp({ create: { width: 60, height: 40, channels: 3, background } })
        .png()
        .toFile(join(folder, file_name));
      return { id, file_name, width: 60, height: 40 };
    }),
  );
  writeFileSync(
    annotations,
    JSON.stringify({
      images,
      categories: names.map((name, id) => ({ id, name })),
      annotations: names.map((_, id) => ({
        image_id: id,
        category_id: id,
        bbox: [10, 5, 30, 20],
      })),
    }),
  );
  writeFileSync(
    records,
    JSON.stringify(
      names.map((name) => ({
        f_path: `${name}.png`,
        caption: `a photo of a red ${name}`,
        short_caption: name,
        bbox_info: [
          {
            bbox: [0.1, 0.1, 0.7, 0.8],
            short_expr: `a red ${name}`,
            long_expr: `a red ${name}`,
            short_expr_negs: Array.from({ length: 10 }, (_, i) => `a grey ${name} ${i}`),
            flag_short_neg: name === 'cat' ? 0 : 1,
          },
        ],
      })),
    ),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function evaluate(config: object, ...args: string[]) {
  const file = join(folder, 'evaluation.json');
  writeFileSync(file, JSON.stringify(config));
  return runFgdet(['evaluate', file, ...args]);
}

test('--json prints every measure of every task', () => {
  const { status, stdout, stderr } = evaluate({ imageSize: 48, tasks }, '--model', model, '--json');
  expect(status).toBe(0);
  const { results } = JSON.parse(stdout);
  const share = expect.any(Number);
  expect(results).toEqual({
    boxes: { top1: share, top5: 1, count: 3 },
    '1 of 11': { top1: share, count: 2 },
    captions: { 'I→T R@1': share, 'I→T R@5': 1, 'T→I R@1': share, 'T→I R@5': 1, count: 2 },
  });
  expect(stderr).toMatch(/^boxes: 3\/3 pictures/m);
});

test('a detector is measured by what it finds, and its scores by what is there', () => {
  const dense = { annotations, images: folder, proposals: 'dense' };
  const plot = join(folder, 'scores.png');
  const split = join(folder, 'base.json');
  writeFileSync(split, JSON.stringify(['cat', 'dog']));
  const found = join(folder, 'found.json');
  const config = {
    tasks: {
      found: {
        ...{ task: 'detection', ...dense, base: split, results: found },
        ...{ threshold: 0, maxPerImage: 50 },
      },
      scores: { task: 'scores', ...dense, absent: 2, least: 0.05, plot },
    },
  };
  const { status, stdout } = evaluate(config, '--model', model, '--json');
  expect(status).toBe(0);
  const { results } = JSON.parse(stdout);
  expect(Object.keys(results.found)).toEqual([
    ...['AP', 'AP50', 'base AP', 'base AP50', 'novel AP', 'novel AP50', 'AR@100', 'count'],
  ]);
  expect(results.found.count).toBe(3);
  const scored = JSON.parse(
    runFgdet(['score', 'coco', '--gt', annotations, '--dt', found, '--json']).stdout,
  );
  expect(scored.stats).toMatchObject({ AP: results.found.AP, AP50: results.found.AP50 });
  expect(results.scores).toMatchObject({ threshold: 0.3, count: 3 });
  expect(readFileSync(plot).subarray(1, 4).toString()).toBe('PNG');
});

test('a table without --json; the model may stand in the config', () => {
  const { status, stdout } = evaluate({ model, tasks: { '1 of 11': tasks['1 of 11'] } });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^task +measure +value\n1 of 11 +top1 +[\d.]+\n1 of 11 +count +2\n$/);
});

test.each<[string, object, string[], number, RegExp]>([
  ['no model', { tasks }, [], 2, /evaluation\.json names no model: give --model/],
  ['a bad size', { imageSize: 30, tasks }, ['-m'], 1, /imageSize is 30, which is not a multiple/],
  ['an unknown task', { tasks: { a: { task: 'b' } } }, ['-m'], 1, /tasks\.a\.task: must be/],
  [
    'missing annotations',
    { tasks: { boxes: { ...tasks.boxes, annotations: 'none.json' } } },
    ['-m'],
    1,
    /Cannot read none\.json/,
  ],
  [
    'missing pictures',
    { tasks: { boxes: { ...tasks.boxes, images: 'nowhere' } } },
    ['-m'],
    1,
    /nowhere.cat\.png/,
  ],
  [
    'an unknown list of templates',
    { tasks: { boxes: { ...tasks.boxes, templates: 'mine' } } },
    ['-m'],
    1,
    /has no list "mine"/,
  ],
  [
    'a split of another data set',
    { tasks: { a: { task: 'detection', annotations, images: folder, base: 'not-rare' } } },
    ['-m'],
    1,
    /annotations\.json does not say how frequent "cat" is/,
  ],
  [
    'recall without regions',
    { tasks: { a: { task: 'recall', annotations, images: folder, proposals: 'dense' } } },
    ['-m'],
    1,
    /Dense proposals depend on what is asked for/,
  ],
  [
    'nothing to judge',
    { tasks: { a: { ...tasks['1 of 11'], limit: 1 } } },
    ['-m'],
    1,
    /records\.json has no boxes with hard negatives/,
  ],
])('%s is told in a line', (_, config, option, exit, message) => {
  const { status, stdout, stderr } = evaluate(config, ...option.flatMap((name) => [name, model]));
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect({ status, stdout }).toEqual({ status: exit, stdout: '' });
});
