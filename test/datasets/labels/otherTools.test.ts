import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  guessFormat,
  type LabelFormatName,
  type LabelReadOptions,
  labelFormat,
  labelFormatNames,
  leftOutBy,
} from '../../../datasets/labels/formats.js';
import { drawPictures } from './arbitraryLabels.js';
import { filesOf } from './writtenFiles.js';

/** A folder with files and pictures of 40 x 30 pixels. */
function folderOf(contents: Record<string, unknown>, ...pictures: string[]): string {
  const place = filesOf(contents);
  drawPictures(
    pictures.map((file) => ({ file, width: 40, height: 30, boxes: [] })),
    place,
  );
  return place;
}

async function read(format: LabelFormatName, path: string, options?: LabelReadOptions) {
  const set = await labelFormat(format).read(path, options);
  const images = [...set.images];
  return { set, images, boxes: images.flatMap(({ boxes }) => boxes.map(({ box }) => box)) };
}

interface Voc {
  filename?: string;
  others?: string;
  size?: string;
  boxes?: number[][];
}

function voc({ filename, others = '', size = '40 30', boxes = [[4, 5, 20, 15]] }: Voc = {}) {
  const [width, height] = size.split(' ');
  const objects = boxes.map(
    ([x1, y1, x2, y2]) =>
      `<object><name>cat</name><bndbox><xmin>${x1}</xmin><ymin>${y1}</ymin><xmax>${x2}</xmax><ymax>${y2}</ymax></bndbox></object>`,
  );
  const name = filename === undefined ? '' : `<filename>${filename}</filename>`;
  return `<annotation>${others}${name}<size><width>${width}</width><height>${height}</height></size>${objects.join('')}</annotation>`;
}

const cvat = (boxes: number[][], size = 'width="40" height="30"') =>
  `<annotations><image id="0" name="a.jpg" ${size}>${boxes
    .map(
      ([x1, y1, x2, y2]) =>
        `<box label="cat" occluded="0" xtl="${x1}" ytl="${y1}" xbr="${x2}" ybr="${y2}"/>`,
    )
    .join('')}</image></annotations>`;

const labelme = (shapes: object[], size: object = { imageWidth: 40, imageHeight: 30 }) => ({
  ...{ version: '6.3.1', flags: {}, imagePath: 'a.jpg', imageData: null, ...size },
  shapes: shapes.map((shape) => ({ label: 'cat', shape_type: 'rectangle', ...shape })),
});
const pair = ([x1, y1, x2, y2]: number[]) => [
  [x1, y1],
  [x2, y2],
];

const coco = (annotations: object[], image: object = { width: 40, height: 30 }) => ({
  images: [{ id: 1, file_name: 'a.jpg', ...image }],
  categories: [{ id: 1, name: 'cat' }],
  annotations: annotations.map((each, i) => ({
    ...{ id: i + 1, image_id: 1, category_id: 1, iscrowd: 0 },
    ...each,
  })),
});

/** Corners the wrong way round, a box that leaves the picture, and two that have no area. */
const corners = [
  [20, 15, 4, 5],
  [-5, 20, 10, 99],
  [7, 7, 7, 9],
  [1, 30, 9, 35],
];
const xywh = corners.map(([x1, y1, x2, y2]) => [x1, y1, x2 - x1, y2 - y1]);
const shares = xywh.map(([x, y, w, h]) => [x / 40, y / 30, w / 40, h / 30]);

const files: [LabelFormatName, string, unknown][] = [
  ['voc', 'a.xml', voc({ filename: 'a.jpg', boxes: corners })],
  ['cvat', 'a.xml', cvat(corners)],
  ['labelme', 'a.json', labelme(corners.map((box) => ({ points: pair(box) })))],
  ['coco', 'a.json', coco(xywh.map((bbox) => ({ bbox, area: bbox[2] * bbox[3] })))],
  [
    'fiftyone',
    'labels.json',
    {
      classes: ['cat'],
      labels: { a: shares.map((each) => ({ label: 0, bounding_box: each })) },
      pictures: [{ key: 'a', file: 'a.jpg', width: 40, height: 30 }],
    },
  ],
];

test.each(files)('%s: boxes are in order, inside, and have an area', async (format, file, text) => {
  const { set, boxes } = await read(format, join(folderOf({ [file]: text }), file));
  const expected = [
    [4, 5, 20, 15],
    [0, 20, 10, 30],
  ];
  expect(boxes).toEqual(expected.map((box) => box.map((side) => expect.closeTo(side, 6))));
  expect(set.notes).toEqual(['2 boxes without an area left out.']);
  const output = join(folderOf({}), 'labels.json');
  await labelFormat('coco').write(set, output);
  const written = JSON.parse(readFileSync(output, 'utf8')).annotations;
  expect(written.map(({ area }: { area: number }) => area)).toEqual([160, 100]);
});

const measured: [string, LabelFormatName, string, unknown][] = [
  ['VOC with a size of 0', 'voc', 'a.xml', voc({ filename: 'a.jpg', size: '0 0' })],
  ['VOC with an empty size', 'voc', 'a.xml', voc({ filename: 'a.jpg', size: ' ' })],
  ['CVAT with a size of 0', 'cvat', 'a.xml', cvat([[4, 5, 20, 15]], 'width="0" height="0"')],
  ['CVAT without a size', 'cvat', 'a.xml', cvat([[4, 5, 20, 15]], '')],
  ['labelme without a size', 'labelme', 'a.json', labelme([{ points: pair([4, 5, 20, 15]) }], {})],
  [
    'labelme with sizes of null',
    'labelme',
    'a.json',
    labelme([{ points: pair([4, 5, 20, 15]) }], { imageWidth: null, imageHeight: null }),
  ],
  ['COCO without sizes', 'coco', 'a.json', coco([{ bbox: [4, 5, 16, 10] }], {})],
  [
    'COCO with sizes of 0',
    'coco',
    'a.json',
    coco([{ bbox: [4, 5, 16, 10] }], { width: 0, height: 0 }),
  ],
  [
    'FiftyOne with a size of 0',
    'fiftyone',
    'a.json',
    {
      classes: ['cat'],
      labels: { a: [{ label: 'cat', bounding_box: [0.1, 1 / 6, 0.4, 1 / 3] }] },
      pictures: [{ key: 'a', file: 'a.jpg', width: 0, height: 0 }],
    },
  ],
];

test.each(measured)('%s: the picture is measured', async (_name, format, file, content) => {
  const place = folderOf({ [`labels/${file}`]: content }, 'photos/a.jpg');
  const path = join(place, 'labels', file);
  const { images, boxes } = await read(format, path, { images: join(place, 'photos') });
  expect(images).toMatchObject([{ file: 'a.jpg', width: 40, height: 30 }]);
  expect(boxes).toEqual([[4, 5, 20, 15].map((side) => expect.closeTo(side, 9))]);
  await expect(read(format, path)).rejects.toThrow(`${path} does not say how large a`);
});

describe('COCO', () => {
  const polygon = [4, 5, 20, 5, 20, 15];

  test.each<[string, object]>([
    ['an empty box', { bbox: [] }],
    ['a box of null', { bbox: null }],
    ['no box', {}],
  ])('%s beside a polygon is the box around that', async (_name, bbox) => {
    const place = folderOf({ 'a.json': coco([{ ...bbox, segmentation: [polygon] }, bbox]) });
    const { set, boxes, images } = await read('coco', join(place, 'a.json'));
    expect(boxes).toEqual([[4, 5, 20, 15]]);
    expect(set.notes).toEqual(['Not read as labels: 1 annotation without a box.']);
    expect(images.flatMap(labelFormat('coco').shapes)).toEqual(['annotation without a box']);
  });

  test.each<[string, unknown]>([
    ['a polygon of two corners', [[4, 5, 20, 5]]],
    ['numbers that are none', [[4, 5, 20, 'x', 20, 15]]],
    ['runs that do not fill the picture', { size: [30, 40], counts: [3, 4] }],
    ['compressed runs that do not end', { size: [30, 40], counts: 'aaaa' }],
  ])('%s are kept and counted', async (_name, segmentation) => {
    const content = coco([{ bbox: [4, 5, 16, 10], area: 9, segmentation }]);
    const { set, images } = await read('coco', join(folderOf({ 'a.json': content }), 'a.json'));
    expect(images[0].boxes[0].outline).toBeUndefined();
    expect([...leftOutBy(labelFormat('cvat'), set, labelFormat('coco'))]).toEqual([
      ['segmentation that is neither polygons nor a mask', 1],
    ]);
    const output = join(folderOf({}), 'labels.json');
    await labelFormat('coco').write(set, output);
    expect(JSON.parse(readFileSync(output, 'utf8'))).toEqual(content);
  });

  test.each<[string, unknown]>([
    ['a polygon of one corner', [[4, 5]]],
    ['runs that do not fill the picture', { size: [30, 40], counts: [3, 4] }],
    ['nothing', null],
  ])('%s beside an empty box is told, and kept', async (_name, segmentation) => {
    const content = coco([{ bbox: [], segmentation }]);
    const { set, boxes } = await read('coco', join(folderOf({ 'a.json': content }), 'a.json'));
    expect(boxes).toEqual([]);
    expect(set.notes).toEqual(['Not read as labels: 1 annotation without a box.']);
    const output = join(folderOf({}), 'labels.json');
    await labelFormat('coco').write(set, output);
    expect(JSON.parse(readFileSync(output, 'utf8'))).toEqual(content);
  });

  test('ids may be texts, and a crowd true or false', async () => {
    const content = coco([{ image_id: 'one', bbox: [4, 5, 16, 10], iscrowd: false }], {
      ...{ id: 'one', width: 40, height: 30 },
    });
    const { set, boxes, images } = await read(
      'coco',
      join(folderOf({ 'a.json': content }), 'a.json'),
    );
    expect(boxes).toEqual([[4, 5, 20, 15]]);
    expect(images.flatMap(labelFormat('coco').shapes)).toEqual([]);
    const output = join(folderOf({}), 'labels.json');
    await labelFormat('coco').write(set, output);
    const { images: written, annotations } = JSON.parse(readFileSync(output, 'utf8'));
    expect(annotations[0].image_id).toBe(written[0].id);
  });
});

describe('labelme', () => {
  const points = [
    [20, 5],
    [20, 15],
    [4, 15],
    [4, 5],
  ];

  test('a rectangle may have four points, and a score of its own', async () => {
    const content = labelme([{ points, score: 0.83, group_id: null, description: '', flags: {} }]);
    const { set, images } = await read('labelme', folderOf({ 'a.json': content }));
    const [box] = images[0].boxes;
    expect(box).toMatchObject({ box: [4, 5, 20, 15], score: 0.83 });
    expect(box.outline).toBeUndefined();
    const output = folderOf({});
    await labelFormat('labelme').write(set, output);
    expect(JSON.parse(readFileSync(join(output, 'a.json'), 'utf8'))).toEqual(content);
  });

  test('the picture in the file says how large it is', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>';
    const imageData = Buffer.from(svg).toString('base64');
    const { images } = await read('labelme', folderOf({ 'a.json': labelme([], { imageData }) }));
    expect(images).toMatchObject([{ width: 40, height: 30 }]);
    const broken = labelme([], { imageData: 'aGVsbG8=' });
    await expect(read('labelme', folderOf({ 'a.json': broken }))).rejects.toThrow(
      /a\.json: imageData: it is no picture/,
    );
  });
});

describe('the picture of a VOC file', () => {
  const pictures = ['pics/brick.jpg', 'pics/b.jpg', 'pics/other.jpg', 'pics/prefix/c.rgb.jpg'];

  test.each([
    ['a name without extension', 'brick.xml', voc({ filename: 'brick' }), 'brick.jpg'],
    ['no name', 'brick.xml', voc(), 'brick.jpg'],
    ['its own name', 'b.xml', voc({ filename: 'b.xml' }), 'b.jpg'],
    ['the name of another picture', 'b.xml', voc({ filename: 'other.jpg' }), 'b.jpg'],
    ['a name that it does not have', 'x.xml', voc({ filename: 'other.jpg' }), 'other.jpg'],
    ['a path', 'c.rgb.xml', voc({ filename: 'prefix/c.rgb.jpg' }), 'prefix/c.rgb.jpg'],
    [
      'a folder beside the name',
      'y.xml',
      voc({ filename: 'c.rgb.jpg', others: '<folder>prefix</folder>' }),
      'prefix/c.rgb.jpg',
    ],
    [
      'the path of another machine',
      'z.xml',
      voc({ filename: 'z', others: '<path>C:\\me\\pics\\b.jpg</path>' }),
      'b.jpg',
    ],
  ])('%s', async (_name, file, text, found) => {
    const place = folderOf({ [`xml/${file}`]: text }, ...pictures);
    const { set, images } = await read('voc', join(place, 'xml'), { images: join(place, 'pics') });
    expect(images[0].file).toBe(found);
    expect(set.notes).toBeUndefined();
  });

  test('one that is not there is told', async () => {
    const place = folderOf({ 'xml/nobody.xml': voc({ filename: 'nobody.jpg' }) }, ...pictures);
    const { set } = await read('voc', join(place, 'xml'), { images: join(place, 'pics') });
    expect(set.notes).toEqual([`Not in ${join(place, 'pics')}: nobody.jpg.`]);
  });
});

describe('exported folders', () => {
  const box = { bbox: [4, 5, 16, 10] };
  test.each<[string, LabelFormatName, Record<string, unknown>, string]>([
    ['VOC, datumaro', 'voc', { 'Annotations/a.xml': voc({ filename: 'a' }) }, 'JPEGImages/a.png'],
    ['supervision', 'voc', { 'annotations/a.xml': voc({ filename: 'a' }) }, 'images/a.png'],
    ['FiftyOne VOC', 'voc', { 'labels/a.xml': voc({ filename: 'a.jpg' }) }, 'data/a.png'],
    ['COCO', 'coco', { 'annotations/instances_val.json': coco([box]) }, 'val/a.png'],
    [
      'datumaro COCO',
      'coco',
      {
        'annotations/instances_train.json': coco([box], {}),
        'annotations/image_info_train.json': { images: [] },
      },
      'images/train/a.png',
    ],
    ['FiftyOne COCO', 'coco', { 'labels.json': coco([box], {}) }, 'data/a.png'],
    ['Label Studio COCO', 'coco', { 'result.json': coco([box], {}) }, 'images/a.png'],
    ['Roboflow COCO', 'coco', { '_annotations.coco.json': coco([box], {}) }, 'a.png'],
    ['CVAT', 'cvat', { 'annotations.xml': cvat([[4, 5, 20, 15]], '') }, 'images/a.png'],
    ['FiftyOne CVAT', 'cvat', { 'labels.xml': cvat([[4, 5, 20, 15]]) }, 'data/a.png'],
    ['datumaro CVAT', 'cvat', { 'default.xml': cvat([[4, 5, 20, 15]]) }, 'images/a.png'],
  ])('%s', async (_name, format, contents, picture) => {
    const place = folderOf(contents, picture);
    expect(await guessFormat(place)).toBe(format);
    const { set, images, boxes } = await read(format, place);
    expect(images).toMatchObject([{ file: 'a.png', width: 40, height: 30 }]);
    expect(boxes).toEqual([[4, 5, 20, 15]]);
    expect(set.notes).toBeUndefined();
  });

  test('of several COCO files one must be named', async () => {
    const place = folderOf({
      'annotations/instances_train.json': coco([]),
      'annotations/instances_val.json': coco([]),
    });
    expect(await guessFormat(place)).toBe('coco');
    await expect(read('coco', place)).rejects.toThrow(/instances_train\.json.*instances_val\.json/);
  });
});

test('what is no number is not written', async () => {
  const box = { label: 'cat', box: [0, 0, 9, 9] as const };
  const image = { file: 'a.jpg', width: 40, height: 30 };
  const wrong = [
    { ...image, width: 0, boxes: [] },
    { ...image, height: Number.NaN, boxes: [] },
    { ...image, boxes: [{ ...box, box: [0, 0, Number.NaN, 9] as const }] },
    { ...image, boxes: [{ ...box, box: [9, 9, 0, 0] as const }] },
    { ...image, boxes: [{ ...box, score: Number.NaN }] },
  ];
  for (const name of labelFormatNames) {
    for (const each of wrong) {
      const set = { categories: [{ name: 'cat' }], images: [each] };
      const writing = labelFormat(name).write(set, join(folderOf({}), 'x'));
      await expect(writing).rejects.toThrow(/a\.jpg.*cannot be written/);
    }
  }
});

test('names with half a character are not written', async () => {
  const box = { label: 'cat', box: [0, 0, 9, 9] as const };
  const image = { file: 'a.jpg', width: 40, height: 30, boxes: [box] };
  const [categories, half] = [[{ name: 'cat' }], 'a\ud83d'];
  for (const name of labelFormatNames) {
    for (const set of [
      { categories, images: [{ ...image, file: half }] },
      { categories, images: [{ ...image, boxes: [{ ...box, label: half }] }] },
      { categories: [...categories, { name: half }], images: [image] },
    ]) {
      const writing = labelFormat(name).write(set, join(folderOf({}), 'x'));
      await expect(writing).rejects.toThrow(/No file can hold "a.ud83d": it has half a character/);
    }
  }
});

test.each(labelFormatNames)('%s: a very small box stays one', async (name) => {
  const format = labelFormat(name);
  const place = folderOf({}, 'images/a.png');
  const images = join(place, 'images');
  const boxes = [{ label: 'cat', box: [10.0001, 20.0002, 10.0011, 20.0013] as const }];
  const set = {
    categories: [{ name: 'cat' }],
    images: [{ file: 'a.png', width: 40, height: 30, boxes }],
  };
  const output = join(place, format.folder ? 'labels' : `labels${format.extension}`);
  await format.write(set, output, { images });
  const read = await format.read(output, { images });
  expect(read.notes).toBeUndefined();
  const [image] = read.images;
  image.boxes[0].box.forEach((side, i) => {
    expect(Math.abs(side - boxes[0].box[i])).toBeLessThan(1e-4);
  });
  if (name !== 'coco') return;
  const [{ area, bbox }] = JSON.parse(readFileSync(output, 'utf8')).annotations;
  expect([area, ...bbox]).toEqual([0.0000011, 10.0001, 20.0002, 0.001, 0.0011]);
});

describe('what should be an object and has no box is told:', () => {
  const size = '<size><width>40</width><height>30</height></size>';
  test.each<[LabelFormatName, string, unknown, string]>([
    [
      'voc',
      'a.xml',
      `<annotation><filename>a.jpg</filename>${size}<object><name>cat</name></object></annotation>`,
      'object',
    ],
    ['labelme', 'a.json', labelme([{ points: [[1, 2]] }]), 'rectangle'],
    [
      'labelme',
      'a.json',
      labelme([
        {
          points: [
            [1, 2],
            [3, 4],
          ],
          shape_type: 'polygon',
        },
      ]),
      'polygon',
    ],
  ])('%s %s', async (format, file, content, what) => {
    const { set, boxes } = await read(format, folderOf({ [file]: content }));
    expect(boxes).toEqual([]);
    expect(set.notes).toEqual([`Not read as labels: 1 ${what} without a box.`]);
  });
});

describe('VOC that counts from 1', () => {
  test('names the first and the last pixel of a box', async () => {
    const text = voc({
      filename: 'a.jpg',
      boxes: [
        [1, 1, 40, 30],
        [20, 15, 5, 6],
      ],
    });
    const { set, boxes } = await read('voc', folderOf({ 'a.xml': text }), { vocFrom1: true });
    expect(boxes).toEqual([
      [0, 0, 40, 30],
      [4, 5, 20, 15],
    ]);
    const output = folderOf({});
    await labelFormat('voc').write(set, output, { vocFrom1: true });
    const written = readFileSync(join(output, 'a.xml'), 'utf8').match(/(?<=<[xy]m\w+>)\d+/g);
    expect(written!.map(Number)).toEqual([1, 1, 40, 30, 5, 6, 20, 15]);
  });

  test('a box smaller than a pixel is read as it was written', async () => {
    const box = [3.2, 4.25, 3.7, 4.5] as const;
    const image = { file: 'a.jpg', width: 40, height: 30, boxes: [{ label: 'cat', box }] };
    const output = folderOf({});
    const set = { categories: [{ name: 'cat' }], images: [image] };
    await labelFormat('voc').write(set, output, { vocFrom1: true });
    expect((await read('voc', output, { vocFrom1: true })).boxes).toEqual([box]);
  });
});
