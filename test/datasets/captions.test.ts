import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  readCocoCaptions,
  readDci,
  readKarpathySplit,
  readShareGpt4v,
} from '../../datasets/captions.js';
import { readFgOvd } from '../../datasets/fgOvd.js';
import { readImageFolder } from '../../datasets/imageFolder.js';
import { chooseImages } from '../../datasets/imageList.js';
import { UserError } from '../../src/errors.js';

let folder: string;
const folders: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-captions-'));
  folders.push(folder);
});
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});

function write(name: string, content: unknown): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe("COCO's captions", () => {
  const image = { id: 7, file_name: '7.jpg', width: 10, height: 10 };
  const captions = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ id: i, image_id: 7, caption: `caption ${i}` }));

  test('five of each picture, wherever they stand; pictures without are left out', () => {
    const images = [image, { ...image, id: 8, file_name: '8.jpg' }];
    const file = write('captions.json', { annotations: captions(6), images });
    expect(readCocoCaptions(file)).toEqual([
      { image: '7.jpg', captions: [0, 1, 2, 3, 4].map((i) => `caption ${i}`) },
    ]);
  });

  test.each<[string, object, RegExp]>([
    ['a caption of an unknown picture', { images: [] }, /annotations\[0\] refers to image 7/],
    ['no captions', { annotations: [] }, /has no captions/],
    [
      'other annotations',
      { annotations: [{ image_id: 7, bbox: [] }] },
      /annotations\[0\].*caption/,
    ],
    ['no pictures', { images: undefined }, /has no list of images/],
  ])('%s is told', (_, change, message) => {
    const file = write('c.json', { images: [image], annotations: captions(1), ...change });
    expect(() => readCocoCaptions(file)).toThrow(UserError);
    expect(() => readCocoCaptions(file)).toThrow(message);
  });
});

test("a split of Karpathy's", () => {
  const sentences = (...texts: string[]) => texts.map((raw) => ({ raw, tokens: [] }));
  const file = write('dataset_flickr30k.json', {
    images: [
      { filename: 'a.jpg', split: 'train', sentences: sentences('x') },
      { filename: 'b.jpg', filepath: 'val', split: 'test', sentences: sentences('y', 'z') },
    ],
  });
  expect(readKarpathySplit(file, 'test')).toEqual([{ image: 'val/b.jpg', captions: ['y', 'z'] }]);
  expect(() => readKarpathySplit(file, 'val')).toThrow(
    /no pictures of the split "val"; .*train, test/,
  );
});

test("ShareGPT4V's first records, and one that is broken", async () => {
  const record = (i: number) => ({
    ...{ id: String(i), image: `sam/${i}.jpg` },
    conversations: [
      { from: 'human', value: '<image>' },
      { from: 'gpt', value: `long ${i}` },
    ],
  });
  const file = write('share.json', [record(0), record(1), { image: 'x.jpg', conversations: [] }]);
  expect(await readShareGpt4v(file, 2)).toEqual([
    { image: 'sam/0.jpg', captions: ['long 0'] },
    { image: 'sam/1.jpg', captions: ['long 1'] },
  ]);
  await expect(readShareGpt4v(file)).rejects.toThrow(/record 2 is not .*a question and an answer/s);
});

test("DCI's annotations, by its splits or by their names", () => {
  write('dci/annotations/b.json', { image: 'b.jpg', extra_caption: 'long b', short_caption: '' });
  write('dci/annotations/a.json', { image: 'a.jpg', extra_caption: 'long a' });
  const dci = join(folder, 'dci');
  expect(readDci(dci)).toEqual([
    { image: 'a.jpg', captions: ['long a'] },
    { image: 'b.jpg', captions: ['long b'] },
  ]);
  write('dci/splits.json', { train: ['b.json'], test: ['a.json'] });
  expect(readDci(dci).map(({ image }) => image)).toEqual(['b.jpg', 'a.jpg']);
  write('dci/annotations/a.json', { image: 'a.jpg' });
  expect(() => readDci(dci)).toThrow(/a\.json is not a DCI annotation: extra_caption: is missing/);
  expect(() => readDci(folder)).toThrow(/has no folder "annotations"/);
});

test("FG-OVD's lines, and one that is broken", () => {
  const line = { img_path: 'val2017/1.jpg', bbox: [1, 2, 3, 4], pos_expression: ['a red cup'] };
  const good = JSON.stringify({ ...line, neg_expression: ['a blue cup'], category: 3 });
  const file = write('hard.jsonl', `${good}\n\n${good}\n{"img_path": 3}\n`);
  expect(readFgOvd(file, 2)).toHaveLength(2);
  expect(readFgOvd(file, 1)).toEqual([
    {
      ...{ image: 'val2017/1.jpg', xywh: [1, 2, 3, 4] },
      ...{ positive: 'a red cup', negatives: ['a blue cup'] },
    },
  ]);
  expect(() => readFgOvd(file)).toThrow(/hard\.jsonl: line 4 is not an FG-OVD record/);
  expect(() => readFgOvd(write('cut.jsonl', good.slice(0, 9)))).toThrow(/line 1 is not valid JSON/);
});

describe('a folder of classes', () => {
  const classes = () => write('classes.json', ['tench', 'goldfish', 'shark']);

  test("has ImageNet's classes in the order of their folders", () => {
    for (const name of ['n02/b.JPEG', 'n02/a.JPEG', 'n01/c.JPEG', 'n03/notes.txt']) {
      write(`val/${name}`, '');
    }
    const val = join(folder, 'val');
    expect(readImageFolder(val, classes())).toEqual({
      classes: ['tench', 'goldfish', 'shark'],
      images: [
        { file: join(val, 'n01/c.JPEG'), label: 0 },
        { file: join(val, 'n02/a.JPEG'), label: 1 },
        { file: join(val, 'n02/b.JPEG'), label: 1 },
      ],
    });
    expect(readImageFolder(val).classes).toEqual(['n01', 'n02', 'n03']);
    write('val/n04/d.JPEG', '');
    expect(() => readImageFolder(val, classes())).toThrow(/names 3 classes, but .* folders for 4/);
  });

  test('has classes by number, as ImageNet-v2', () => {
    for (const name of ['10/a.jpeg', '2/b.jpeg']) write(`v2/${name}`, '');
    const names = write(
      'eleven.json',
      Array.from({ length: 11 }, (_, i) => `class ${i}`),
    );
    const { images } = readImageFolder(join(folder, 'v2'), names);
    expect(images.map(({ label }) => label)).toEqual([10, 2]);
    expect(() => readImageFolder(join(folder, 'v2'), classes())).toThrow(/a class 10, but/);
  });

  test('has no links for classes, without which the others would be counted differently', () => {
    for (const name of ['elsewhere/a.jpeg', 'linked/b/b.jpeg']) write(name, '');
    symlinkSync('../elsewhere', join(folder, 'linked/a'));
    expect(() => readImageFolder(join(folder, 'linked'))).toThrow(/linked.a is a link/);
  });

  test('must have pictures', () => {
    expect(() => readImageFolder(folder)).toThrow(/has no folders of pictures/);
  });
});

test('a list of pictures takes ids, names and paths', () => {
  const images = [1, 2, 3].map((id) => ({
    ...{ id, file: `val/${id}.jpg`, width: 1, height: 1, boxes: [] },
  }));
  const dataset = { file: 'gt.json', images, categories: [] };
  const idsOf = (content: unknown) =>
    chooseImages(dataset, write('list', content)).map(({ id }) => id);
  expect(idsOf('3\n1.jpg\n')).toEqual([1, 3]);
  expect(idsOf([2, 'val/3.jpg'])).toEqual([2, 3]);
  expect(() => idsOf('4')).toThrow(/list names 4, which gt\.json does not list/);
  expect(() => idsOf('')).toThrow(/names no pictures/);
  expect(() => idsOf([null])).toThrow(/entry 0 is neither/);
});
