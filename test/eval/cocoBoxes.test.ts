import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBoxes } from '../../eval/cocoBoxes.js';
import { UserError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-coco-'));
afterAll(() => rmSync(folder, { recursive: true }));

const image = { id: 7, file_name: 'a.jpg', width: 200, height: 100 };
const box = { image_id: 7, category_id: 3, bbox: [20, 10, 40, 50] };
const coco = {
  images: [image, { ...image, id: 8, file_name: 'empty.jpg' }],
  categories: [
    { id: 9, name: 'dog' },
    { id: 3, name: 'alarm_clock' },
  ],
  annotations: [box],
};

function read(content: unknown) {
  const file = join(folder, 'annotations.json');
  writeFileSync(file, JSON.stringify(content));
  return readBoxes(file);
}

test('pictures with boxes, in pixels, and categories as indices', () => {
  expect(read(coco)).toMatchObject({
    names: ['dog', 'alarm clock'],
    pictures: [{ image: { file: 'a.jpg' }, boxes: [[20, 10, 60, 60]], classes: [1] }],
  });
});

test('crowds and boxes without area are left out', () => {
  const annotations = [
    { ...box, iscrowd: 1 },
    { ...box, bbox: [20, 10, 0, 50] },
    { ...box, category_id: 9, iscrowd: 0 },
  ];
  expect(read({ ...coco, annotations }).pictures[0].classes).toEqual([0]);
});

test.each<[string, unknown, RegExp]>([
  ['a box of three numbers', { bbox: [1, 2, 3] }, /annotations\[1\] .*: bbox: .*4 items/],
  ['no number for an id', { image_id: 1.5 }, /annotations\[1\] .*: image_id: must be a whole/],
  [
    'a picture that is not listed',
    { image_id: 5 },
    /annotations\[1\] refers to image 5, which is not listed/,
  ],
  [
    'a category that is not listed',
    { category_id: 5 },
    /annotations\[1\] refers to category 5, which is not listed/,
  ],
])('%s is named', (_, change, message) => {
  const bad = { ...coco, annotations: [box, { ...box, ...(change as object) }] };
  expect(() => read(bad)).toThrow(message);
  expect(() => read(bad)).toThrow(UserError);
  expect(() => read(bad)).toThrow(/annotations\.json/);
});

test('other files are refused', () => {
  expect(() => read({ ...coco, categories: undefined })).toThrow(
    /annotations\.json is not a COCO annotation file: categories: is missing/,
  );
  expect(() => read([])).toThrow(/is not a JSON object/);
  expect(() => readBoxes(join(folder, 'none.json'))).toThrow(/none\.json: there is no such file/);
});
