import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { guessFormat, labelFormat } from '../../../datasets/labels/formats.js';
import type { LabelSet } from '../../../datasets/labels/labelSet.js';
import type { Outline, Point } from '../../../datasets/labels/outline.js';
import { drawPictures } from './arbitraryLabels.js';
import * as samples from './samples.js';
import { filesOf } from './writtenFiles.js';

function jsonIn(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function polygon(...points: Point[]): Outline {
  return { kind: 'polygon', parts: [points] };
}

/** Without what says how the format alone has it. */
function plain(set: LabelSet) {
  return {
    categories: set.categories.map(({ name }) => name),
    images: [...set.images].map(({ rest: _, boxes, ...image }) => ({
      ...image,
      boxes: boxes.map(({ rest: __, ...box }) => box),
    })),
  };
}

describe('COCO', () => {
  const format = labelFormat('coco');

  test('boxes are read, and all else is written again', async () => {
    const file = join(filesOf({ 'a.json': samples.coco }), 'a.json');
    expect(await guessFormat(file)).toBe('coco');
    const set = await format.read(file);
    expect(set.categories.map(({ id }) => id)).toEqual([9, 3]);
    expect(plain(set)).toEqual({
      categories: ['dog', 'traffic light'],
      images: [
        {
          ...{ file: 'a/street.jpg', width: 640, height: 480 },
          boxes: [
            {
              label: 'traffic light',
              box: [0.1, 20.123456, 0.1 + 0.2, 20.123456 + 30],
              outline: polygon([1, 2], [3, 4], [5, 6]),
              attributes: { occluded: false, colour: 'red', 'lanes ahead': 2 },
            },
            {
              label: 'dog',
              box: [1, 2, 4, 6],
              outline: { kind: 'mask', runs: { size: [480, 640], counts: [5, 10, 307185] } },
              score: 0.123456789,
            },
          ],
        },
        { file: 'empty.jpg', width: 100, height: 50, boxes: [] },
      ],
    });
    expect([...set.images].flatMap(format.shapes)).toEqual([
      ...['mark of a crowd', 'annotation without a box'],
    ]);
    const output = join(filesOf({}), 'b.json');
    await format.write(set, output);
    expect(jsonIn(output)).toEqual(samples.coco);
  });

  test('new pictures, boxes and categories get ids that are free', async () => {
    const file = join(filesOf({ 'a.json': samples.coco }), 'a.json');
    const set = await format.read(file);
    const added = {
      file: 'new.jpg',
      width: 5,
      height: 5,
      boxes: [{ label: 'cat', box: [0, 0, 1.239, 1] as const }],
    };
    const output = join(filesOf({}), 'b.json');
    const categories = [...set.categories, { name: 'cat' }];
    await format.write({ ...set, categories, images: [...set.images, added] }, output);
    const { images, annotations, categories: written } = jsonIn(output);
    expect(written.at(-1)).toEqual({ id: 1, name: 'cat' });
    expect(images.at(-1)).toEqual({ id: 18, file_name: 'new.jpg', width: 5, height: 5 });
    expect(annotations.at(-1)).toEqual({
      ...{ id: 61, image_id: 18, category_id: 1, bbox: [0, 0, 1.24, 1], area: 1.24 },
      ...{ iscrowd: 0, segmentation: [] },
    });
  });

  test('a box that was moved is written where it is', async () => {
    const file = join(filesOf({ 'a.json': samples.coco }), 'a.json');
    const set = await format.read(file);
    const [image] = set.images;
    const moved = { ...image, boxes: [{ ...image.boxes[0], box: [5, 5, 6, 7] as const }] };
    const output = join(filesOf({}), 'b.json');
    await format.write({ ...set, images: [moved] }, output);
    expect(jsonIn(output).annotations[0]).toMatchObject({ id: 52, bbox: [5, 5, 1, 2] });
  });

  test('categories of one name stay apart', async () => {
    const categories = [
      { id: 1, name: 'bat' },
      { id: 2, name: 'bat' },
    ];
    const annotations = [{ ...samples.coco.annotations[1], category_id: 2 }];
    const file = join(
      filesOf({ 'a.json': { ...samples.coco, categories, annotations } }),
      'a.json',
    );
    const output = join(filesOf({}), 'b.json');
    await format.write(await format.read(file), output);
    expect(jsonIn(output).annotations[0].category_id).toBe(2);
  });
});

describe('labelme', () => {
  const format = labelFormat('labelme');

  test('boxes are read, and all else is written again', async () => {
    const place = filesOf({ 'x/2011_000003.json': samples.labelme, 'x/other.json': [1] });
    expect(await guessFormat(place)).toBe('labelme');
    const set = await format.read(place);
    expect(plain(set).images).toEqual([
      {
        ...{ file: 'x/2011_000003.jpg', width: 500, height: 338 },
        boxes: [
          {
            label: 'person',
            box: [160.5, 50, 192.71428571428572, 107.71428571428571],
            attributes: { occluded: true, blurred: false },
          },
          { label: 'path', box: [1, 2, 5, 6], outline: polygon([1, 2], [3.5, 4], [5, 6]) },
          { label: 'dog', box: [1, 2, 30, 40], score: 0.91, attributes: { colour: 'black' } },
        ],
      },
    ]);
    const output = filesOf({});
    await format.write(set, output);
    expect(jsonIn(join(output, 'x/2011_000003.json'))).toEqual(samples.labelme);
  });

  test('a picture in another folder is found from the file', async () => {
    const imagePath = '..\\photos\\a.jpg';
    const place = filesOf({
      'labels/a.json': { ...samples.labelme, imagePath },
      'photos/a.jpg': '',
    });
    const images = join(place, 'photos');
    const set = await format.read(join(place, 'labels'), { images });
    expect([...set.images][0].file).toBe('a.jpg');
    const { text } = format.fileOf!([...set.images][0], set, {
      images,
      output: join(place, 'x/y'),
    });
    expect(JSON.parse(text).imagePath).toBe('../../photos/a.jpg');
  });
});

describe('CVAT', () => {
  const format = labelFormat('cvat');

  test('boxes are read, and all else is written again', async () => {
    const file = join(filesOf({ 'annotations.xml': samples.cvat }), 'annotations.xml');
    expect(await guessFormat(file)).toBe('cvat');
    const set = await format.read(file);
    const turned = Math.SQRT2 * Math.cos(Math.PI / 12);
    expect(plain(set)).toEqual({
      categories: ['car', 'sign "stop"'],
      images: [
        {
          ...{ file: 'a/street & more.jpg', width: 1920, height: 1080 },
          boxes: [
            {
              label: 'sign "stop"',
              box: [1, 2, 5, 6],
              outline: polygon([1, 2], [3, 4], [5, 6]),
            },
            {
              label: 'car',
              box: [10.25, 20.5, 300, 400.75],
              attributes: { occluded: true, parked: true, doors: 4, 'plate & state': '0042' },
            },
            {
              label: 'car',
              // A square of 2 x 2, turned about its middle.
              box: [2 - turned, 3 - turned, 2 + turned, 3 + turned].map((side) =>
                expect.closeTo(side, 9),
              ),
              outline: { kind: 'rotated box', upright: [1, 2, 3, 4], angle: 30 },
            },
          ],
        },
        { file: 'empty.jpg', width: 640, height: 480, boxes: [] },
      ],
    });
    expect([...set.images].flatMap(format.shapes)).toEqual(['points', 'tag']);
    const output = join(filesOf({}), 'b.xml');
    await format.write(set, output);
    // The order of an element's attributes says nothing.
    expect(tags(readFileSync(output, 'utf8'))).toEqual(tags(samples.cvat));
  });

  test('scores are declared, and boxes of models told from those of people', async () => {
    const boxes = [
      { label: 'a', box: [0, 0, 1, 1] as const, score: 0.5 },
      { label: 'a', box: [0, 0, 1, 1] as const, attributes: { age: 3, colour: 'red', wet: true } },
    ];
    const output = join(filesOf({}), 'b.xml');
    const images = [{ file: 'a.jpg', width: 2, height: 2, boxes }];
    await format.write({ categories: [{ name: 'a' }, { name: 'b' }], images }, output);
    const text = readFileSync(output, 'utf8');
    expect(text).toMatch(/<name>score<\/name>\s*<mutable>False<\/mutable>\s*<input_type>text</);
    expect(text.match(/source="\w+"/g)).toEqual(['source="auto"', 'source="manual"']);
    const read = await format.read(output);
    expect(plain(read)).toEqual({ categories: ['a', 'b'], images });
  });
});

function tags(xml: string): string[] {
  const list = xml.replace(/\s+\/>/g, '/>').match(/<[^>]+>|[^<>]*[^<>\s][^<>]*/g)!;
  return list.map((tag) =>
    tag.startsWith('<')
      ? tag
          .match(/<\S+?(?=[\s>])|[\w:]+="[^"]*"/g)!
          .sort()
          .join(' ')
      : tag,
  );
}

describe('Pascal VOC', () => {
  const format = labelFormat('voc');

  test('boxes are read, and all else is written again', async () => {
    const place = filesOf({ 'Annotations/2007_000027.xml': samples.voc });
    expect(await guessFormat(place)).toBe('voc');
    const set = await format.read(place);
    expect(plain(set)).toEqual({
      categories: ['person'],
      images: [
        {
          ...{ file: '2007_000027.jpg', width: 486, height: 500 },
          boxes: [
            {
              label: 'person',
              box: [174, 101.375, 349, 351],
              attributes: { pose: 'Left', truncated: true },
            },
          ],
        },
      ],
    });
    expect([...set.images].flatMap(format.shapes)).toEqual(['part']);
    const output = filesOf({});
    await format.write(set, output);
    const text = readFileSync(join(output, '2007_000027.xml'), 'utf8');
    const lines = (xml: string) => tags(xml).toSorted();
    expect(lines(text)).toEqual(lines(samples.voc));
  });
});

describe('Label Studio', () => {
  const format = labelFormat('label-studio');

  test('boxes are read, and all else is written again', async () => {
    const file = join(filesOf({ 'export.json': samples.labelStudio }), 'export.json');
    expect(await guessFormat(file)).toBe('label-studio');
    const set = await format.read(file, { allPredictions: true });
    const { images } = plain(set);
    expect(images.map((image) => [image.file, image.width, image.height])).toEqual([
      ['data/upload/1/2a1b-street one.jpg', 600, 403],
      ['photos/empty.jpg', 10, 20],
    ]);
    const found = images[0].boxes.map(({ label, score, attributes }) => [label, score, attributes]);
    expect(found).toEqual([
      ['Car', undefined, { colour: 'red' }],
      ['Road', undefined, undefined],
      ['Car', undefined, undefined],
      ['Car', undefined, undefined],
      ['Airplane', 0.81, undefined],
    ]);
    const [first] = images[0].boxes;
    const sides = [49.758, 44.7777777777, 170.958, 166.1734677777];
    first.box.forEach((side, i) => {
      expect(side).toBeCloseTo(sides[i], 8);
    });
    expect([...set.images].flatMap(format.shapes)).toEqual(['choice', 'further label of a box']);
    const output = join(filesOf({}), 'b.json');
    await format.write(set, output);
    // Lists that are not there and that are empty say the same.
    const full = (tasks: object[]) =>
      tasks.map((task) => ({ annotations: [], predictions: [], ...task }));
    expect(full(jsonIn(output))).toEqual(samples.labelStudio);
  });

  test('pictures are found in the folder of pictures', async () => {
    const file = join(filesOf({ 'export.json': samples.labelStudio }), 'export.json');
    const images = filesOf({ '2a1b-street one.jpg': '', 'photos/empty.jpg': '' });
    const set = await format.read(file, { images });
    expect([...set.images].map((image) => image.file)).toEqual([
      '2a1b-street one.jpg',
      'photos/empty.jpg',
    ]);
  });

  test('names are those of the project', async () => {
    const boxes = [{ label: 'a & b', box: [0, 0, 1, 1] as const, score: 0.5 }];
    const images = [{ file: 'x y.jpg', width: 2, height: 2, boxes }];
    const output = join(filesOf({}), 'b.json');
    const labelStudio = {
      fromName: 'boxes',
      toName: 'photo',
      imageField: 'url',
      urlPrefix: 'http://h/',
    };
    await format.write({ categories: [{ name: 'a & b' }], images }, output, {
      labelStudio,
      modelVersion: 'm1',
    });
    const [task] = jsonIn(output);
    expect(task.data).toEqual({ url: 'http://h/x%20y.jpg' });
    expect(task.predictions[0]).toMatchObject({ model_version: 'm1', score: 0.5 });
    expect(task.predictions[0].result[0]).toMatchObject({ from_name: 'boxes', to_name: 'photo' });
    const config = readFileSync(join(dirname(output), 'b.config.xml'), 'utf8');
    expect(config).toContain('<Image name="photo" value="$url"/>');
    expect(config).toContain('<Label value="a &amp; b"/>');
    expect(plain(await format.read(output, { labelStudio }))).toEqual({
      categories: ['a & b'],
      images,
    });
  });
});

describe('FiftyOne', () => {
  const format = labelFormat('fiftyone');

  test('boxes are read, and all else is written again', async () => {
    const place = filesOf({ 'labels.json': samples.fiftyone });
    const images = [
      { file: 'a/one.jpg', width: 200, height: 100, boxes: [] },
      { file: 'empty.png', width: 10, height: 10, boxes: [] },
    ];
    drawPictures(images, join(place, 'data'));
    expect(await guessFormat(place)).toBe('fiftyone');
    const set = await format.read(place);
    expect(plain(set).images).toEqual([
      {
        ...images[0],
        boxes: [
          {
            ...{ label: 'cat', box: [20, 20, 0.4000000001 * 200, 60.00000000000001], score: 0.91 },
            attributes: { age: 3 },
          },
          { label: 'dog', box: [100, 50, 150, 75] },
        ],
      },
      images[1],
    ]);
    const output = join(filesOf({}), 'labels.json');
    await format.write(set, output, { images: join(place, 'data') });
    const { pictures, ...written } = jsonIn(output);
    expect(written).toEqual(samples.fiftyone);
    expect(pictures[1]).toEqual({ key: 'empty', file: 'empty.png', width: 10, height: 10 });
    expect(jsonIn(join(dirname(output), 'data.json'))).toEqual({
      'a/one': join(place, 'data/a/one.jpg'),
      empty: join(place, 'data/empty.png'),
    });
  });
});
