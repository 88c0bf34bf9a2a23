import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBoxTable, pictureAt, pictureCount } from '../../../training/proposals/boxTable.js';
import { writeTinyBoxes } from './tinyBoxes.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-boxes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const annotations = join(folder, 'annotations.json');
const images = join(folder, 'images');
const source = { annotations, images, weight: 1 };

beforeAll(() =>
  writeTinyBoxes(folder, [
    [
      { category_id: 1, bbox: [4, 4, 8, 10] },
      { category_id: 2, bbox: [10, 0, 20, 20], iscrowd: 1 },
      { category_id: 1, bbox: [4, 4, 0, 10] },
    ],
    [],
    [{ category_id: 2, bbox: [0, 0, 48, 32], iscrowd: 1 }],
    [{ category_id: 2, bbox: [1, 2, 3.5, 4] }],
  ]),
);

test('holds the pictures that have boxes to learn from', () => {
  const table = openBoxTable([source]);
  expect(pictureCount(table)).toBe(2);
  expect(pictureAt(table, 0)).toEqual({
    path: join(images, '0.png'),
    size: { width: 48, height: 32 },
    boxes: [
      { box: [4, 4, 12, 14], crowd: false },
      { box: [10, 0, 30, 20], crowd: true },
    ],
    droppedBoxes: 1,
  });
  expect(pictureAt(table, 1)).toMatchObject({
    path: join(images, '3.png'),
    boxes: [{ box: [1, 2, 4.5, 6], crowd: false }],
    droppedBoxes: 0,
  });
});

test('several sources follow one another, each with its own categories', () => {
  const split = join(folder, 'split.json');
  writeFileSync(split, '["dog"]');
  const table = openBoxTable([source, { ...source, images: folder, categories: split, weight: 3 }]);
  expect(table.parts).toMatchObject([
    { first: 0, count: 2, weight: 1 },
    { first: 2, count: 1, weight: 3 },
  ]);
  expect(pictureAt(table, 2)).toMatchObject({
    path: join(folder, '3.png'),
    boxes: [{ box: [1, 2, 4.5, 6] }],
  });
});

test('a source without boxes to learn from is refused', async () => {
  const empty = join(folder, 'empty');
  await writeTinyBoxes(empty, [[{ category_id: 1, bbox: [0, 0, 9, 9] }]]);
  const split = join(empty, 'split.json');
  writeFileSync(split, '["dog"]');
  const without = { ...source, annotations: join(empty, 'annotations.json'), categories: split };
  expect(() => openBoxTable([source, without])).toThrow(
    /empty.annotations\.json has no boxes of .*split/,
  );
});

test('of LVIS the rare categories can be left out, and pictures are found by their addresses', () => {
  const file = join(folder, 'lvis.json');
  const picture = (id: number) => ({
    ...{ id, width: 48, height: 32 },
    coco_url: `http://images.cocodataset.org/train2017/${String(id).padStart(12, '0')}.jpg`,
  });
  const content = {
    images: [picture(7), picture(8)],
    categories: ['f', 'c', 'r'].map((frequency, id) => ({ id, name: frequency, frequency })),
    annotations: [
      { image_id: 7, category_id: 0, bbox: [0, 0, 8, 8] },
      { image_id: 7, category_id: 1, bbox: [8, 8, 8, 8] },
      { image_id: 7, category_id: 2, bbox: [16, 16, 8, 8] },
      { image_id: 8, category_id: 2, bbox: [0, 0, 8, 8] },
    ],
  };
  writeFileSync(file, JSON.stringify(content));
  const lvis = { annotations: file, images: folder, weight: 1, categories: 'not-rare' };
  const table = openBoxTable([lvis]);
  expect(pictureCount(table)).toBe(1);
  expect(pictureAt(table, 0)).toMatchObject({
    path: join(folder, 'train2017/000000000007.jpg'),
    boxes: [{ box: [0, 0, 8, 8] }, { box: [8, 8, 16, 16] }],
  });
});
