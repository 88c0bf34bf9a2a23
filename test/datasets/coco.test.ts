import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { listedSize, readCoco } from '../../datasets/coco.js';
import { UserError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-coco-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'annotations.json');
const image = { id: 7, file_name: 'a.jpg', width: 200, height: 100 };
const box = {
  id: 1,
  image_id: 7,
  category_id: 3,
  bbox: [20, 10, 40.5, 50],
  segmentation: [[1, 2]],
};
const coco = {
  info: { year: 2026 },
  images: [image, { ...image, id: 8, file_name: 'empty.jpg', license: 1 }],
  annotations: [box],
  categories: [
    { id: 9, name: 'dog', supercategory: 'animal' },
    { id: 3, name: 'alarm_clock', frequency: 'r' },
  ],
};

function write(content: unknown): string {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe('an annotation file', () => {
  const read = (content: unknown) => readCoco(write(content));

  test('gives pictures with their boxes, and categories', () => {
    expect(read(coco)).toEqual({
      file,
      images: [
        {
          ...{ id: 7, file: 'a.jpg', width: 200, height: 100 },
          boxes: [
            {
              ...{ box: [20, 10, 60.5, 60], xywh: [20, 10, 40.5, 50], category: 1 },
              ...{ area: 2025, crowd: false },
            },
          ],
        },
        { id: 8, file: 'empty.jpg', width: 200, height: 100, boxes: [] },
      ],
      categories: [
        { id: 9, name: 'dog' },
        { id: 3, name: 'alarm_clock', frequency: 'r' },
      ],
    });
  });

  test('keeps crowds and boxes without area, and says so', () => {
    const annotations = [
      { ...box, iscrowd: 1 },
      { ...box, category_id: 9, bbox: [20, 10, 0, 50], area: 7, iscrowd: 0 },
    ];
    expect(read({ ...coco, annotations }).images[0].boxes).toEqual([
      { box: [20, 10, 60.5, 60], xywh: [20, 10, 40.5, 50], category: 1, area: 2025, crowd: true },
      { box: [20, 10, 20, 60], xywh: [20, 10, 0, 50], category: 0, area: 7, crowd: false },
    ]);
  });

  test('names pictures of LVIS by their address', () => {
    const coco_url = 'http://images.cocodataset.org/train2017/000000391895.jpg';
    const images = [{ ...image, file_name: undefined, coco_url }];
    expect(read({ ...coco, images }).images[0].file).toBe('train2017/000000391895.jpg');
    expect(() => read({ ...coco, images: [{ ...image, file_name: undefined }] })).toThrow(
      /annotations\.json: images\[0\] has neither file_name nor coco_url/,
    );
  });

  test.each<[string, object, RegExp]>([
    ['a box of three numbers', { bbox: [1, 2, 3] }, /annotations\[1\].*bbox: .*4 items/s],
    [
      'a negative width',
      { bbox: [1, 2, -3, 4] },
      /annotations\[1\].*bbox\[2\]: must not be negative/s,
    ],
    ['no number', { bbox: [1, null, 3, 4] }, /annotations\[1\].*bbox\[1\]: .*number/s],
    ['nothing for an id', { image_id: null }, /annotations\[1\].*image_id: must be a whole/s],
    ['a text for an id', { image_id: 'a' }, /annotations\[1\] refers to image a/],
    ['an unknown picture', { image_id: 5 }, /annotations\[1\] refers to image 5/],
    ['an unknown category', { category_id: 5 }, /annotations\[1\] refers to category 5/],
  ])('%s is named', (_name, change, message) => {
    const bad = { ...coco, annotations: [box, { ...box, ...change }] };
    expect(() => read(bad)).toThrow(UserError);
    expect(() => read(bad)).toThrow(message);
    expect(() => read(bad)).toThrow(/annotations\.json/);
  });

  test('keeps what LVIS says of a picture, and may be compressed', () => {
    const lvis = { neg_category_ids: [9], not_exhaustive_category_ids: [3] };
    const content = {
      ...coco,
      images: [{ ...image, ...lvis }],
      annotations: [{ ...box, ignore: 1 }],
    };
    writeFileSync(file, gzipSync(JSON.stringify(content)));
    const [read] = readCoco(file).images;
    expect(read).toMatchObject({ negatives: [9], notExhaustive: [3], boxes: [{ ignore: true }] });
  });

  test('two pictures of one id are refused', () => {
    const images = [image, { ...image, file_name: 'b.jpg' }];
    expect(() => read({ ...coco, images })).toThrow(/images\[0\] and \[1\] have the same id, 7/);
  });

  test('ids may be texts: numbers stand for them, in the order of the texts', () => {
    const content = {
      images: [
        { ...image, id: 'b' },
        { ...image, id: 'a', neg_category_ids: ['dog', 'gone'] },
      ],
      categories: [{ id: 'dog', name: 'dog' }],
      annotations: [{ ...box, image_id: 'a', category_id: 'dog' }],
    };
    const { images, categories } = read(content);
    expect(images.map(({ id, textId }) => [id, textId])).toEqual([
      [2, 'b'],
      [1, 'a'],
    ]);
    expect(images[1]).toMatchObject({ negatives: [1], boxes: [{ category: 0 }] });
    expect(categories).toEqual([{ id: 1, textId: 'dog', name: 'dog' }]);
    const digits = { ...coco, annotations: [{ ...box, image_id: '7', category_id: '3' }] };
    expect(read(digits).images[0].boxes).toHaveLength(1);
  });

  test.each<[unknown, boolean]>([
    [false, false],
    [true, true],
    [0, false],
    [1, true],
    [null, false],
  ])('iscrowd %j', (iscrowd, crowd) => {
    const { images } = read({ ...coco, annotations: [{ ...box, iscrowd, area: null }] });
    expect(images[0].boxes[0]).toMatchObject({ crowd, area: 2025 });
  });

  test('sizes that are none are missing, and what needs them says so', () => {
    const images = [{ ...image, width: 0, height: null }];
    const [listed] = read({ ...coco, images }).images;
    expect([listed.width, listed.height]).toEqual([undefined, undefined]);
    expect(() => listedSize(listed, 'a.json', 'training needs them')).toThrow(
      'a.json: image 7 (a.jpg) has no width and height, and training needs them.',
    );
  });

  test('names are asked for, unless it is to be scored against', () => {
    const content = { ...coco, images: [{ id: 7 }], categories: [{ id: 3 }] };
    expect(() => read(content)).toThrow(/categories\[0\].*name: is missing/s);
    const { images, categories } = readCoco(write(content), { scoring: true });
    expect(images[0]).toMatchObject({ id: 7, file: '', boxes: [{ category: 0 }] });
    expect(categories).toEqual([{ id: 3, name: '3' }]);
  });

  test('to be scored against, annotations of what is not listed are left out and counted', () => {
    const annotations = [box, { ...box, image_id: 5 }, { ...box, category_id: 5 }];
    const { images, strays } = readCoco(write({ ...coco, annotations }), { scoring: true });
    expect(images[0].boxes).toHaveLength(1);
    expect(strays).toBe(2);
  });

  test('masks: boxes may be missing beside them, and polygons need a size', () => {
    const segmentation = [[2, 2, 2, 6, 5, 6, 5, 2]];
    const masked = { ...box, bbox: [], segmentation };
    const content = { ...coco, annotations: [masked] };
    expect(readCoco(write(content), { masks: true }).images[0].boxes[0].xywh).toEqual([2, 2, 3, 4]);
    expect(() => readCoco(write(content))).toThrow(/annotations\[0\].*bbox/s);
    const sizeless = { ...content, images: [{ id: 7, file_name: 'a.jpg' }] };
    expect(() => readCoco(write(sizeless), { masks: true })).toThrow(
      /image 7 \(a\.jpg\) has no width and height, and its polygons .*annotations\[0\]/,
    );
    const runs = { ...masked, segmentation: { size: [10, 8], counts: [22, 4, 6, 4, 44] } };
    const read = readCoco(write({ ...sizeless, annotations: [runs] }), { masks: true });
    expect(read.images[0].boxes[0].xywh).toEqual([2, 2, 2, 4]);
  });

  test('other files are refused', () => {
    expect(() => read({ ...coco, categories: undefined })).toThrow(
      /annotations\.json is not a COCO annotation file: categories: is missing/,
    );
    expect(() => read([])).toThrow(/is not a JSON object: it starts with "\["/);
    expect(() => read({ ...coco, images: {} })).toThrow(/annotations\.json: images is not a list/);
    expect(() => read(JSON.stringify(coco).slice(0, -9))).toThrow(/json is cut off/);
    expect(() => read('{"images": [{}, NaN]}')).toThrow(
      /annotations\.json is not valid JSON: images\[1\]: NaN is no JSON number/,
    );
    expect(() => readCoco(join(folder, 'none.json'))).toThrow(/none\.json: there is no/);
    expect(() => readCoco(folder)).toThrow(/it is a folder/);
  });
});
