import { join } from 'node:path';
import { type LabelFormatName, labelFormat } from '../../../datasets/labels/formats.js';
import { growthOf } from '../../growth.js';
import { drawPictures } from './arbitraryLabels.js';
import { filesOf } from './writtenFiles.js';

const yaml = { 'data.yaml': 'names: [cat]\n' };
const range = (count: number, make: (i: number) => object) =>
  Array.from({ length: count }, (_, i) => make(i));
const coco = (categories: object[], annotations: object[]) =>
  JSON.stringify({
    ...{ images: [{ id: 1, file_name: 'a.jpg', width: 20, height: 10 }], categories, annotations },
  });
const tasks = (result: object[]) =>
  JSON.stringify([{ data: { image: 'a.jpg' }, annotations: [{ result }] }]);
const voc = (name: string) => `<annotation><filename>${name}</filename></annotation>`;

test.each<[string, LabelFormatName, string, (parts: number) => string, Record<string, string>]>([
  ['a number of YOLO', 'yolo', 'labels/a.txt', (n) => `0 ${'1'.repeat(n)}x 0 0 0`, yaml],
  ['blanks of VOC', 'voc', 'a.xml', (n) => voc(`${'\n'.repeat(n)}a${'\n'.repeat(n)}b`), {}],
  ['blanks of Darknet', 'yolo', 'obj.data', (n) => `names = a${' '.repeat(n)}b`, {}],
  [
    'names of COCO',
    'coco',
    'a.json',
    (n) =>
      coco(
        range(n, (id) => ({ id, name: `n${id}` })),
        [],
      ),
    {},
  ],
  [
    'annotations of COCO without a box',
    'coco',
    'a.json',
    (n) =>
      coco(
        [],
        range(n, () => ({ image_id: 1 })),
      ),
    {},
  ],
  ['regions without an id', 'label-studio', 'a.json', (n) => tasks(range(n, () => ({}))), {}],
  ['parts of a path', 'yolo', 'obj.data', (n) => `names = ${'a/'.repeat(n)}b`, {}],
  ['lists of Darknet', 'yolo', 'obj.data', (n) => 'train=a.txt\n'.repeat(n), {}],
])('the time does not grow with the square of %s', async (_, format, file, textOf, beside) => {
  const read = (text: string) => {
    const folder = filesOf({ [file]: text, ...beside });
    drawPictures([{ file: 'images/a.jpg', width: 20, height: 10, boxes: [] }], folder);
    return labelFormat(format).read(format === 'label-studio' ? join(folder, file) : folder, {
      images: join(folder, 'images'),
    });
  };
  expect(await growthOf(textOf, read, 2000)).toBeLessThan(64);
});

test('a polygon of YOLO may have any number of corners', async () => {
  const corners = '0.5 0.25 '.repeat(200_000);
  const folder = filesOf({ ...yaml, 'labels/a.txt': `0 ${corners}0.75 0.5` });
  drawPictures([{ file: 'images/a.jpg', width: 20, height: 10, boxes: [] }], folder);
  const { images } = await labelFormat('yolo').read(folder);
  expect([...images][0].boxes[0].box).toEqual([10, 2.5, 15, 5]);
});
