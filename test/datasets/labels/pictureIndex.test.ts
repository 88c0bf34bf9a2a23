import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PictureIndex } from '../../../datasets/labels/pictureIndex.js';
import { UserError } from '../../../src/errors.js';

const root = mkdtempSync(join(tmpdir(), 'fgdet-pictures-'));
afterAll(() => rmSync(root, { recursive: true }));

const folder = join(root, 'photos');
for (const file of [
  'a.jpg',
  'sub/b.png',
  'sub/frame.7.jpg',
  'two.jpg',
  'two.png',
  'x/c.jpg',
  'y/c.jpg',
]) {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), '');
}
symlinkSync(folder, join(folder, 'loop'));
symlinkSync(root, join(folder, 'above'));
const pictures = new PictureIndex(folder);

test('a folder that does not exist is named', () => {
  expect(() => new PictureIndex(join(root, 'none'))).toThrow(
    /folder of pictures, .*none, does not exist/,
  );
});

test.each([
  ['a.jpg', 'a.jpg'],
  ['./a.jpg', 'a.jpg'],
  ['sub\\b.png', 'sub/b.png'],
  ['.\\sub\\b.png', 'sub/b.png'],
  ['C:\\data\\photos\\sub\\b.png', 'sub/b.png'],
  ['/home/someone/photos/sub/b.png', 'sub/b.png'],
  ['../photos/a.jpg', 'a.jpg'],
  ['b.png', undefined],
  ['sub/b', 'sub/b.png'],
  ['sub/b.xml', 'sub/b.png'],
  ['data/sub/frame.7', 'sub/frame.7.jpg'],
  ['two', undefined],
  ['two.webp', undefined],
  ['c.jpg', undefined],
  ['nothing.jpg', undefined],
  ['../above', undefined],
])('%s is %s', (name, file) => {
  expect(pictures.find(name)).toBe(file);
});

test('a name that is not found is tidied', () => {
  expect(pictures.fileOf('./nothing/./c.jpg')).toBe('nothing/c.jpg');
  expect(new PictureIndex().fileOf('.\\a\\b.jpg')).toBe('a/b.jpg');
});

test('a size that is needed and cannot be measured is an error that names the picture', async () => {
  await expect(pictures.sizeOf('nothing.jpg', 'labels.json')).rejects.toThrow(UserError);
  await expect(pictures.sizeOf('nothing.jpg', 'labels.json')).rejects.toThrow('nothing.jpg');
  await expect(new PictureIndex().sizeOf('a.jpg', 'labels.json')).rejects.toThrow('--images');
});

test('pictures that Label Studio was given are found by the names that it gives them', () => {
  const uploads = join(root, 'uploads');
  const files = [
    ...['bell.jpg', '18c3dd52-real.jpg', 'deep/photo é (2).png', 'x/same.jpg', 'y/same.jpg'],
    ...['0a1b2c3d-both.jpg', 'both.jpg'],
  ];
  for (const file of files) {
    mkdirSync(dirname(join(uploads, file)), { recursive: true });
    writeFileSync(join(uploads, file), '');
  }
  const index = new PictureIndex(uploads);
  expect(index.find('data/upload/3/8ef48128-bell.jpg')).toBe('bell.jpg');
  expect(index.find('18c3dd52__bell.jpg')).toBe('bell.jpg');
  expect(index.find('images/18c3dd52__bell.txt')).toBe('bell.jpg');
  expect(index.find('images\\8ef48128-bell.jpg')).toBe('bell.jpg');
  expect(index.find('data/upload/3/8ef48128-photo_é_2.png')).toBe('deep/photo é (2).png');
  expect(index.find('data/upload/3/8ef48128-photo_%C3%A9_2.png')).toBe('deep/photo é (2).png');
  expect(index.find('8ef48128-photo_%C3%A9_2')).toBe('deep/photo é (2).png');
  expect(index.find('18c3dd52-real.jpg')).toBe('18c3dd52-real.jpg');
  expect(index.find('0a1b2c3d-both.jpg')).toBe('0a1b2c3d-both.jpg');
  expect(index.find('data/upload/3/8ef48128-same.jpg')).toBeUndefined();
  expect(index.find('8ef4812-bell.jpg')).toBeUndefined();
  expect(new PictureIndex().fileOf('18c3dd52-bell.jpg')).toBe('18c3dd52-bell.jpg');
});
