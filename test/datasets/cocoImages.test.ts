import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CocoImages, imageIdInName } from '../../datasets/cocoImages.js';

const listOf = (...names: string[]) =>
  new CocoImages(
    names.map((file, id) => ({ id, file })),
    'list.json',
  );

test('names agree from their ends on', () => {
  const list = listOf('1.jpg', 'a/2.jpg', 'b/2.jpg', '3.jpg', 'a/3.jpg');
  expect(list.find('/data/coco/1.jpg').id).toBe(0);
  expect(list.find('C:\\data\\b\\2.jpg').id).toBe(2);
  expect(list.find('https://example.org/x/a/2.jpg?size=1#top').id).toBe(1);
  expect(list.find('./a/3.jpg').id).toBe(4);
  expect(list.find('b/3.jpg').id).toBe(3);
});

test('pictures that are not listed, or several times', () => {
  const list = listOf('a/2.jpg', 'b/2.jpg', '12.jpg', 'same.jpg', 'same.jpg');
  for (const name of ['2.png', 'c/2.jpg', '/c/x/2.jpg', '-', '']) {
    expect(() => list.find(name)).toThrow(`list.json lists no picture named ${name}.`);
  }
  expect(() => list.find('2.jpg')).toThrow('2.jpg could be any of 2 pictures that list.json lists');
  expect(() => list.find('x/same.jpg')).toThrow('x/same.jpg could be any of 2');
});

test('addresses are decoded', () => {
  const list = listOf('val/my dog.jpg', '100%.jpg');
  expect(list.find('https://example.org/val/my%20dog.jpg').id).toBe(0);
  expect(list.find('https://example.org/100%.jpg').id).toBe(1);
});

test('annotation files: COCO has file names, LVIS addresses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coco-images-'));
  const file = join(folder, 'annotations.json');
  const write = (images: object[]) =>
    writeFileSync(file, JSON.stringify({ images, annotations: [], info: {} }));
  write([
    { id: 3, file_name: 'a.jpg', width: 2, height: 1, license: 4 },
    { id: 4, coco_url: 'http://images.cocodataset.org/val2017/000000000139.jpg' },
  ]);
  const list = CocoImages.read(file);
  expect(list.find('a.jpg')).toEqual({ id: 3, file: 'a.jpg', width: 2, height: 1 });
  expect(list.find('pictures/000000000139.jpg').id).toBe(4);
  write([{ id: 3 }]);
  expect(() => CocoImages.read(file)).toThrow(
    'images[0].file_name: is missing, and so is coco_url',
  );
  rmSync(folder, { recursive: true });
});

test('ids in file names', () => {
  expect(imageIdInName('/data/val2017/000000000139.jpg')).toBe(139);
  expect(imageIdInName('val2014/COCO_val2014_000000391895.jpg')).toBe(391895);
  for (const name of ['IMG_2024.jpg', 'a1.jpg', '12', '-', '1.2.jpg', '']) {
    expect(imageIdInName(name)).toBeUndefined();
  }
});
