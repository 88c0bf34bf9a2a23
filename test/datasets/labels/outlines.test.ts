import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LabelFormatName, labelFormat, leftOutBy } from '../../../datasets/labels/formats.js';
import type { LabelledBox, LabelSet } from '../../../datasets/labels/labelSet.js';
import { cornersOf, type Outline, rotatedBoxOf } from '../../../datasets/labels/outline.js';
import { filesOf } from './writtenFiles.js';

const triangle: Outline = {
  kind: 'polygon',
  parts: [
    [
      [1, 2],
      [9, 2],
      [9, 8.5],
    ],
  ],
};
const twoParts: Outline = {
  kind: 'polygon',
  parts: [
    [
      [1, 1],
      [4, 1],
      [4, 5],
      [1, 5],
    ],
    [
      [10, 2],
      [12, 2],
      [12, 6],
      [10, 6],
    ],
  ],
};
const turned: Outline = { kind: 'rotated box', upright: [10, 10, 20, 14], angle: 90 };
// Rows 1 and 2 of columns 3 to 5, but for one pixel at the end of the first.
const runs = { size: [30, 40], counts: [91, 2, 28, 2, 29, 1, 1047] };
const mask: Outline = { kind: 'mask', runs };

function setOf(...boxes: Partial<LabelledBox>[]): LabelSet {
  const all = boxes.map((box) => ({ label: 'cat', box: [1, 2, 9, 8.5] as const, ...box }));
  const image = { file: 'a.jpg', width: 40, height: 30, boxes: all };
  return { categories: [{ name: 'cat' }], images: [image] };
}

const set = setOf(
  { outline: triangle, score: 0.5 },
  { outline: twoParts, box: [1, 1, 12, 6] },
  { outline: turned, box: [13, 7, 17, 17] },
  { outline: mask, box: [3, 1, 6, 3] },
  { box: [0, 0, 40, 30] },
);

async function through(name: LabelFormatName, given: LabelSet) {
  const format = labelFormat(name);
  const place = filesOf({ 'photos/none.txt': '' });
  const output = join(place, format.folder ? 'labels' : `labels${format.extension}`);
  await format.write(given, output);
  const read = await format.read(output);
  return { output, read, boxes: [...read.images].flatMap(({ boxes }) => boxes) };
}

const outlines = (boxes: readonly LabelledBox[]) => boxes.map(({ outline }) => outline);

test('CVAT holds polygons, rotated boxes and masks, which several parts become', async () => {
  const { output, boxes, read } = await through('cvat', set);
  const text = readFileSync(output, 'utf8');
  expect(text).toMatch(/<polygon [^>]*points="1.00,2.00;9.00,2.00;9.00,8.50"/);
  expect(text).toMatch(
    /<box [^>]*xtl="10.00" ytl="10.00" xbr="20.00" ybr="14.00" rotation="90.00"/,
  );
  expect(text).toMatch(/<mask [^>]*rle="0, 2, 1, 3" left="3" top="1" width="3" height="2"/);
  expect(outlines(boxes)).toEqual([
    triangle,
    { kind: 'mask', runs: expect.anything() },
    turned,
    mask,
    undefined,
  ]);
  expect(boxes[0].score).toBe(0.5);
  boxes.forEach(({ box }, i) => {
    box.forEach((side, j) => {
      expect(side).toBeCloseTo([...set.images][0].boxes[i].box[j], 6);
    });
  });
  expect([...leftOutBy(labelFormat('cvat'), set)]).toEqual([]);
  const again = await through('cvat', read);
  expect(readFileSync(again.output, 'utf8')).toBe(text);
});

test('labelme holds polygons of one part and rotated boxes', async () => {
  const { output, boxes } = await through('labelme', set);
  const { shapes } = JSON.parse(readFileSync(join(output, 'a.json'), 'utf8'));
  expect(shapes.map((shape: { shape_type: string }) => shape.shape_type)).toEqual([
    ...['polygon', 'rectangle', 'oriented_rectangle', 'rectangle', 'rectangle'],
  ]);
  expect(outlines(boxes)).toEqual([triangle, undefined, turned, undefined, undefined]);
  expect([...leftOutBy(labelFormat('labelme'), set)]).toEqual([
    ['polygon of several parts', 1],
    ['mask', 1],
  ]);
});

test('COCO holds all, a rotated box as the polygon of its corners', async () => {
  const { output, boxes } = await through('coco', set);
  const { annotations } = JSON.parse(readFileSync(output, 'utf8'));
  expect(annotations.map(({ area }: { area: number }) => area)).toEqual([26, 20, 40, 5, 1200]);
  expect(annotations[0].segmentation).toEqual([[1, 2, 9, 2, 9, 8.5]]);
  expect(annotations[3].segmentation).toEqual(runs);
  expect(annotations[4].segmentation).toEqual([]);
  expect(outlines(boxes)).toEqual([
    triangle,
    twoParts,
    { kind: 'polygon', parts: [cornersOf(turned as never).map((point) => point.map(Math.round))] },
    mask,
    undefined,
  ]);
});

test.each(['yolo', 'voc', 'fiftyone'] as const)('%s holds boxes alone, and says so', (name) => {
  expect([...leftOutBy(labelFormat(name), set)].filter(([what]) => what !== 'score')).toEqual([
    ['polygon', 1],
    ['polygon of several parts', 1],
    ['rotated box', 1],
    ['mask', 1],
  ]);
});

test('a polygon comes from COCO to labelme to CVAT to COCO as it was', async () => {
  const points = [3.25, 1, 20, 2.5, 18, 25, 4, 24.75];
  const annotation = { id: 7, image_id: 1, category_id: 1, bbox: [3.25, 1, 16.75, 24], area: 390 };
  const coco = {
    images: [{ id: 1, file_name: 'a.jpg', width: 40, height: 30 }],
    categories: [{ id: 1, name: 'cat' }],
    annotations: [{ ...annotation, iscrowd: 0, segmentation: [points] }],
  };
  let read = await labelFormat('coco').read(join(filesOf({ 'a.json': coco }), 'a.json'));
  for (const name of ['labelme', 'cvat'] as const) read = (await through(name, read)).read;
  const { output } = await through('coco', read);
  const [written] = JSON.parse(readFileSync(output, 'utf8')).annotations;
  expect(written).toMatchObject({ bbox: annotation.bbox, segmentation: [points] });
});

describe('rotated boxes', () => {
  test.each([0, 12.5, 90, 135, 270, 359])('corners of one turned by %d give it again', (angle) => {
    const upright = [10, 20, 50, 30] as const;
    const corners = cornersOf({ upright, angle });
    const found = rotatedBoxOf(corners)!;
    expect(found.angle).toBeCloseTo(angle, 9);
    found.upright.forEach((side, i) => {
      expect(side).toBeCloseTo(upright[i], 9);
    });
  });

  test('what is no rectangle is none', () => {
    const [a, b, c, d] = cornersOf({ upright: [10, 20, 50, 30], angle: 30 });
    expect(rotatedBoxOf([a, b, c, [d[0] + 5, d[1]]])).toBeUndefined();
    expect(rotatedBoxOf([a, b, c])).toBeUndefined();
    expect(rotatedBoxOf([a, a, a, a])).toBeUndefined();
  });
});
