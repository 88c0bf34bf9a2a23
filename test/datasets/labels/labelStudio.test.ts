import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { guessFormat, labelFormat, leftOutBy } from '../../../datasets/labels/formats.js';
import type { LabelReadOptions } from '../../../datasets/labels/labelFormat.js';
import type { LabelSet } from '../../../datasets/labels/labelSet.js';
import { UserError } from '../../../src/errors.js';
import { drawPictures } from './arbitraryLabels.js';
import { filesOf } from './writtenFiles.js';

const format = labelFormat('label-studio');

/** In a picture of 200 x 100 pixels, at 20, 10, with 40 x 30 pixels. */
const place = { x: 10, y: 10, width: 20, height: 30, rotation: 0 };
const size = { original_width: 200, original_height: 100, image_rotation: 0 };
const names = { from_name: 'kind', to_name: 'photo' };

function region(value: object = {}, more: object = {}) {
  const of = { ...place, rectanglelabels: ['cat'], ...value };
  return { id: 'r1', type: 'rectanglelabels', ...names, ...size, ...more, value: of };
}

function task(more: object, name = 'a.jpg') {
  return { id: 1, data: { image: `/data/upload/1/${name}` }, ...more };
}

const annotated = (...result: object[]) => task({ annotations: [{ id: 3, result }] });

async function read(tasks: unknown, options: LabelReadOptions = {}): Promise<LabelSet> {
  return format.read(join(filesOf({ 'tasks.json': tasks }), 'tasks.json'), options);
}

async function boxesOf(tasks: unknown, options?: LabelReadOptions) {
  const { images } = await read(tasks, options);
  return [...images].map(({ boxes }) => boxes.map(({ label, box }) => [label, ...box]));
}

async function written(set: LabelSet) {
  const output = join(filesOf({}), 'b.json');
  await format.write(set, output);
  return JSON.parse(readFileSync(output, 'utf8'));
}

function leftOut(set: LabelSet) {
  return Object.fromEntries(leftOutBy(labelFormat('coco'), set, format));
}

describe('answers', () => {
  const predicted = { model_version: 'm', result: [region({ x: 50 }, { id: 'p', score: 0.5 })] };

  test('ids of predictions are kept where an import does not take them for predictions', async () => {
    const set = await read([
      task({ annotations: [{ result: [region()] }], predictions: [26, 27] }),
    ]);
    expect(set.notes).toBeUndefined();
    const [again] = await written(set);
    expect(again).toMatchObject({ prediction_ids: [26, 27], predictions: [] });
    expect(await written(await read([again]))).toEqual([again]);
  });

  test('skipped ones, and predictions where people have answered, are no labels', async () => {
    const skipped = { id: 2, was_cancelled: true, result: [region({ x: 0 })] };
    const tasks = [
      task({ annotations: [skipped, { id: 3, result: [region()] }], predictions: [predicted] }),
    ];
    expect(await boxesOf(tasks)).toEqual([[['cat', 20, 10, 60, 40]]]);
    const set = await read(tasks);
    expect(set.notes).toEqual([
      "Not read as labels: 1 skipped annotation, 1 prediction beside people's answers.",
    ]);
    expect(await written(set)).toEqual(tasks);
  });

  test('predictions are asked for, and those that people have taken over come once', async () => {
    const both = { ...predicted, result: [region({}, { score: 0.9 }), ...predicted.result] };
    const tasks = [task({ annotations: [{ result: [region()] }], predictions: [both] })];
    expect(await boxesOf(tasks, { allPredictions: true })).toEqual([
      [
        ['cat', 20, 10, 60, 40],
        ['cat', 100, 10, 140, 40],
      ],
    ]);
    expect(await written(await read(tasks, { allPredictions: true }))).toEqual(tasks);
  });

  test('predictions are labels where nobody has looked; a box of a person has no score', async () => {
    const scored = region({}, { score: 0.9 });
    const tasks = [
      task({ predictions: [predicted] }),
      task({ annotations: [{ result: [scored] }] }, 'b.jpg'),
    ];
    const set = await read(tasks);
    expect([...set.images].map(({ boxes }) => boxes[0].score)).toEqual([0.5, undefined]);
    expect(await written(set)).toEqual(tasks);
  });

  test('those of several people are all read, and it is said', async () => {
    const two = task({ annotations: [{ result: [region()] }, { result: [region({ x: 50 })] }] });
    expect((await boxesOf([two]))[0]).toHaveLength(2);
    expect((await read([two])).notes).toEqual([
      '1 task with several annotations, whose boxes are all read.',
    ]);
  });

  test('"completions", and an answer without regions, are as Label Studio has them', async () => {
    const old = task({
      completions: [{ skipped: true, result: [region({ x: 50 })] }, { result: [region()] }],
    });
    const empty = task({ annotations: [{ result: null }], meta: { width: 5, height: 4 } }, 'b.jpg');
    expect(await boxesOf([old, empty])).toEqual([[['cat', 20, 10, 60, 40]], []]);
  });
});

describe('tasks that nobody has labelled', () => {
  const image = { file: 'a.jpg', width: 200, height: 100 };
  const found = { ...image, boxes: [{ label: 'cat', box: [20, 10, 60, 40] as const, score: 0.5 }] };
  const images = filesOf({ 'a.jpg': '', 'b.jpg': '' });

  test.each([
    ['new', { annotations: [], drafts: [], predictions: [] }, {}],
    ['skipped', { annotations: [{ was_cancelled: true, result: [] }] }, {}],
    ['with an id', { annotations: [], predictions: [7] }, { prediction_ids: [7] }],
  ])('what is found goes into the task: %s', async (_, answers, more) => {
    const before = [task(answers, '8ef48128-a.jpg'), task({ annotations: [] }, 'b.jpg')];
    const set = await read(before, { images });
    expect([...set.images]).toEqual([]);
    const after = await written({ ...set, categories: [{ name: 'cat' }], images: [found] });
    expect(after).toHaveLength(2);
    expect(after[0]).toMatchObject({ ...before[0], ...more, predictions: [{ score: 0.5 }] });
    expect(after[0].predictions[0].result).toHaveLength(1);
    expect(after[1]).toEqual(before[1]);
  });

  test('that nothing was found is said in the task, too', async () => {
    const set = await read([task({ annotations: [] })], { images });
    const [after] = await written({ ...set, images: [{ ...image, boxes: [] }] });
    expect(after).toEqual({ ...task({ annotations: [] }), predictions: [{ result: [] }] });
  });

  test('several tasks of a picture are one picture, and stay several', async () => {
    const tasks = [
      task({ annotations: [{ result: [region()] }] }),
      { ...task({ annotations: [{ result: [region({ x: 50 })] }] }), id: 2 },
    ];
    const set = await read(tasks, { images });
    expect([...set.images].map(({ file, boxes }) => [file, boxes.length])).toEqual([['a.jpg', 2]]);
    expect(await written(set)).toEqual(tasks);
  });
});

describe('regions', () => {
  test.each([
    ['upright', {}, [20, 10, 60, 40]],
    ['of negative height', { y: 40, height: -30 }, [20, 10, 60, 40]],
    ['of negative width', { x: 30, width: -20 }, [20, 10, 60, 40]],
    // Label Studio turns clockwise around the first corner, and in pixels: 40 x 30.
    ['by 90 degrees', { x: 25, rotation: 90 }, [20, 10, 50, 50]],
    ['by 180 degrees', { x: 30, y: 40, rotation: 180 }, [20, 10, 60, 40]],
    ['by 270 degrees', { y: 50, rotation: 270 }, [20, 10, 50, 50]],
    ['by -90 degrees', { y: 50, rotation: -90 }, [20, 10, 50, 50]],
    ['by a whole turn', { rotation: 360 }, [20, 10, 60, 40]],
    ['by a quarter, roughly', { x: 25, rotation: 90.0000001 }, [20, 10, 50, 50]],
    ['beyond the edge', { x: 90 }, [180, 10, 200, 40]],
  ])('a box %s', async (_, value, expected) => {
    const tasks = [annotated(region(value))];
    expect(await boxesOf(tasks)).toEqual([[['cat', ...expected]]]);
    expect(await written(await read(tasks))).toEqual(tasks);
  });

  test('a turned picture has its boxes where they are in the file', async () => {
    const tasks = [annotated(region({}, { image_rotation: 90 }))];
    expect(await boxesOf(tasks)).toEqual([[['cat', 20, 10, 60, 40]]]);
    expect(await written(await read(tasks))).toEqual(tasks);
  });

  test('what is no box is counted by what it is, and kept', async () => {
    const of = (type: string, value: object) => ({ id: type, type, ...names, ...size, value });
    const tasks = [
      annotated(
        region({ rectanglelabels: [] }, { id: 'empty' }),
        region({ rectanglelabels: undefined }, { id: 'missing' }),
        of('rectangle', place),
        region({ width: null }, { id: 'torn' }),
        region({ width: 0 }, { id: 'flat' }),
        region({ x: 120 }, { id: 'outside' }),
        of('polygonlabels', { points: [[1, 2]], closed: false, polygonlabels: ['a'] }),
        of('brushlabels', { format: 'rle', rle: [1], brushlabels: ['a'] }),
        of('ellipselabels', { x: 1, y: 2, radiusX: 3, radiusY: 4, ellipselabels: ['a'] }),
        of('keypointlabels', { x: 1, y: 2, width: 3, keypointlabels: ['a'] }),
        of('choices', { choices: ['sunny'] }),
        region({ rectanglelabels: ['cat', 'tabby'] }, { id: 'two' }),
      ),
    ];
    const set = await read(JSON.parse(JSON.stringify(tasks)));
    expect([...set.images][0].boxes).toHaveLength(1);
    expect(set.notes).toEqual([
      'Not read as labels: 1 region without a place, 2 boxes without an area.',
    ]);
    expect(leftOut(set)).toEqual({
      ...{ 'region without a label': 3, 'region without a place': 1, 'box without an area': 2 },
      ...{ polygon: 1, 'brush mask': 1, ellipse: 1, keypoint: 1, choice: 1 },
      'further label of a box': 1,
    });
    expect(await written(set)).toEqual(JSON.parse(JSON.stringify(tasks)));
  });

  test('sides in pixels are refused', async () => {
    await expect(read([annotated(region({ x: 1234 }))])).rejects.toThrow(
      /tasks\.json: \[0\]\.annotations: a region has a side at 1234 percent/,
    );
  });
});

describe('Labels with a Rectangle', () => {
  const common = { id: 'r1', to_name: 'photo', ...size };
  const rectangle = { ...common, type: 'rectangle', from_name: 'draw', value: place };
  const labels = {
    ...common,
    type: 'labels',
    from_name: 'kind',
    value: { ...place, labels: ['cat'] },
  };
  const ring = [
    [10, 20],
    [50, 20],
    [50, 60],
  ];
  const polygon = {
    ...rectangle,
    id: 'r2',
    type: 'polygon',
    value: { points: ring, closed: true },
  };
  const polygonLabels = {
    ...labels,
    id: 'r2',
    value: { points: ring, closed: true, labels: ['dog'] },
  };

  test('are one box, and two regions again, also for polygons', async () => {
    const tasks = [annotated(rectangle, labels, polygon, polygonLabels)];
    const set = await read(tasks);
    expect(await boxesOf(tasks)).toEqual([
      [
        ['cat', 20, 10, 60, 40],
        ['dog', 20, 20, 100, 60],
      ],
    ]);
    expect([...set.images][0].boxes[1].outline?.kind).toBe('polygon');
    expect(await written(set)).toEqual(tasks);
  });

  test('the box of Labels that do not say where they are is that of the Rectangle', async () => {
    const bare = { ...labels, value: { labels: ['cat'] } };
    expect(await boxesOf([annotated(bare, rectangle)])).toEqual([[['cat', 20, 10, 60, 40]]]);
  });

  test('boxes that are moved and added have both regions', async () => {
    const set = await read([annotated(rectangle, labels)]);
    const [image] = set.images;
    const boxes = [
      { ...image.boxes[0], box: [0, 0, 20, 10] as const },
      { label: 'dog', box: [0, 0, 40, 20] as const, score: 0.5 },
    ];
    const [after] = await written({ ...set, images: [{ ...image, boxes }] });
    const moved = { x: 0, y: 0, width: 10, height: 10, rotation: 0 };
    expect(after.annotations[0].result).toEqual([
      { ...rectangle, value: moved },
      { ...labels, value: { ...moved, labels: ['cat'] } },
    ]);
    const found = { x: 0, y: 0, width: 20, height: 20, rotation: 0 };
    expect(after.predictions[0].result).toMatchObject([
      { type: 'rectangle', from_name: 'draw', to_name: 'photo', value: found },
      { type: 'labels', from_name: 'kind', value: { ...found, labels: ['dog'] } },
    ]);
    expect(after.predictions[0].result[0].id).toBe(after.predictions[0].result[1].id);
  });

  test('those of another shape, and places that are none, are counted once and kept', async () => {
    const ellipse = { ...common, id: 'e', type: 'ellipse', value: { radiusX: 1, radiusY: 2 } };
    const ofEllipse = { ...labels, id: 'e', value: { ...ellipse.value, labels: ['cat'] } };
    const torn = { ...rectangle, id: 't', value: { x: 1 } };
    const ofTorn = { ...labels, id: 't', value: { x: 1, labels: ['cat'] } };
    const tasks = [annotated(ellipse, ofEllipse, torn, ofTorn)];
    const set = await read(tasks);
    expect(leftOut(set)).toEqual({ ellipse: 1, 'region without a place': 1 });
    expect(await written(set)).toEqual(tasks);
  });
});

describe('outlines', () => {
  const points = [
    [10, 20],
    [50, 20],
    [50, 60],
  ];
  const ring = (more: object = {}) => ({
    ...region({}, { id: 'poly', type: 'polygonlabels', from_name: 'area', ...more }),
    value: { points, closed: true, polygonlabels: ['road'] },
  });

  test('a rotated box turns in pixels, around its first corner', async () => {
    // 40 x 30 pixels from 60, 20; a picture that is not square.
    const tasks = [annotated(region({ x: 30, y: 20, rotation: 30 }))];
    const [{ box, outline }] = [...(await read(tasks)).images][0].boxes;
    const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    [60 - 30 * sin, 20, 60 + 40 * cos, 20 + 40 * sin + 30 * cos].forEach((side, i) => {
      expect(box[i]).toBeCloseTo(side, 9);
    });
    if (outline?.kind !== 'rotated box') throw new Error('it is none');
    expect(outline.angle).toBe(30);
    const [x1, y1, x2, y2] = outline.upright;
    expect([x2 - x1, y2 - y1].map((side) => Number(side.toFixed(9)))).toEqual([40, 30]);
    expect(await written(await read(tasks))).toEqual(tasks);
    expect(leftOut(await read(tasks))).toEqual({});
  });

  test('a polygon has the box around it', async () => {
    const tasks = [annotated(ring())];
    const [box] = [...(await read(tasks)).images][0].boxes;
    expect(box.box).toEqual([20, 20, 100, 60]);
    expect(box.outline).toEqual({
      kind: 'polygon',
      parts: [
        [
          [20, 20],
          [100, 20],
          [100, 60],
        ],
      ],
    });
    expect(await written(await read(tasks))).toEqual(tasks);
  });

  test('one that was moved without its outline is a rectangle, of its own tag', async () => {
    const set = await read([annotated(region(), ring())]);
    const [image] = set.images;
    const boxes = image.boxes.map(({ outline: _, ...box }) => ({
      ...box,
      box: [0, 0, 20, 10] as const,
    }));
    const [after] = await written({ ...set, images: [{ ...image, boxes }] });
    expect(after.annotations[0].result[1]).toMatchObject({
      ...{ id: 'poly', type: 'rectanglelabels', from_name: 'kind' },
      value: { x: 0, y: 0, width: 10, height: 10, rotation: 0, rectanglelabels: ['road'] },
    });
  });

  test('those of other formats have a place, and the config a tag for polygons', async () => {
    const outline = { kind: 'polygon' as const, parts: [points as [number, number][]] };
    const turned = { kind: 'rotated box' as const, upright: [10, 10, 20, 14] as const, angle: 90 };
    const boxes = [
      { label: 'cat', box: [10, 20, 50, 60] as const, outline },
      { label: 'cat', box: [13, 7, 17, 17] as const, outline: turned },
    ];
    const images = [{ file: 'a.jpg', width: 200, height: 100, boxes }];
    const output = join(filesOf({}), 'b.json');
    await format.write({ categories: [{ name: 'cat' }], images }, output);
    const [task] = JSON.parse(readFileSync(output, 'utf8'));
    expect(task.annotations[0].result).toMatchObject([
      {
        type: 'polygonlabels',
        from_name: 'label_polygon',
        value: {
          points: [
            [5, 20],
            [25, 20],
            [25, 60],
          ],
        },
      },
      { type: 'rectanglelabels', value: { x: 8.5, y: 7, width: 5, height: 4, rotation: 90 } },
    ]);
    const config = readFileSync(output.replace('.json', '.config.xml'), 'utf8');
    expect(config).toMatch(
      /<PolygonLabels name="label_polygon" toName="image">\s*<Label value="cat"\/>/,
    );
    const read = [...(await format.read(output)).images][0].boxes;
    expect(read[0].outline).toEqual(outline);
    expect(read[1].box.map(Math.round)).toEqual([13, 7, 17, 17]);
  });
});

describe('pictures', () => {
  const images = filesOf({});
  drawPictures(
    [
      { file: 'bell.jpg', width: 200, height: 100, boxes: [] },
      { file: 'other.jpg', width: 50, height: 40, boxes: [] },
    ],
    images,
  );

  test('sizes that are missing are measured', async () => {
    const { original_width: _, original_height: __, ...bare } = region();
    const bad = region({ x: 50 }, { original_width: 0, original_height: 0 });
    const tasks = [task({ annotations: [{ result: [bare, bad] }] }, 'bell.jpg')];
    expect(await boxesOf(tasks, { images })).toEqual([
      [
        ['cat', 20, 10, 60, 40],
        ['cat', 100, 10, 140, 40],
      ],
    ]);
    await expect(read(tasks)).rejects.toThrow(/\[0\] does not say how large.*--images/);
    const missing = [task({ annotations: [{ result: [bare] }] }, 'nowhere.jpg')];
    await expect(read(missing, { images })).rejects.toThrow(UserError);
  });

  test('one without boxes that is missing fails nothing, and is told', async () => {
    const tasks = [
      task({ annotations: [{ result: [] }] }, 'gone.jpg'),
      task({ annotations: [{ result: [] }] }, 'bell.jpg'),
    ];
    const set = await read(tasks, { images });
    expect([...set.images].map(({ file, width }) => [file, width])).toEqual([['bell.jpg', 200]]);
    expect(set.notes).toEqual([
      `1 picture without boxes left out, not in ${images}: data/upload/1/gone.jpg.`,
    ]);
    expect((await written(set)).map((each: { data: unknown }) => each.data)).toEqual([
      { image: '/data/upload/1/bell.jpg' },
      { image: '/data/upload/1/gone.jpg' },
    ]);
  });

  test.each([
    [
      { text: 'a bell', photo: 'https://h/x/bell.jpg?sig=1#2', url: 'https://h/about' },
      'x/bell.jpg',
    ],
    [{ text: 'a bell', file: '/data/local-files/?d=photos/bell' }, 'photos/bell'],
    [{ caption: 'x.y', image: '/files/17' }, 'files/17'],
    [{ only: 's3://bucket/a/b' }, 'a/b'],
    [{ pages: ['/data/upload/1/p1.png', '/data/upload/1/p2.png'] }, 'data/upload/1/p1.png'],
    [{ key: 'upload/3/a%20b.jpg', note: 'n' }, 'upload/3/a b.jpg'],
    [{ key: '/storage-data/uploaded/?filepath=upload/1/a.jpg', note: 'n' }, 'upload/1/a.jpg'],
  ])('of a task with the data %j', async (data, file) => {
    const set = await read([{ data, annotations: [{ result: [region()] }] }]);
    expect([...set.images].map((image) => image.file)).toEqual([file]);
  });

  test('the field is that of the config, or the one that is named', async () => {
    const config =
      '<View><Image name="photo" value="$right"/><RectangleLabels name="kind" toName="photo"><Label value="cat"/></RectangleLabels></View>';
    const data = { left: '/l.jpg', right: '/r.jpg', image: '/i.jpg' };
    const tasks = [{ data, annotations: [{ result: [region()] }] }];
    const beside = filesOf({ 'tasks.json': tasks, 'tasks.config.xml': config });
    const fileOf = async (set: Promise<LabelSet>) => [...(await set).images][0].file;
    expect(await fileOf(format.read(join(beside, 'tasks.json')))).toBe('r.jpg');
    expect(await fileOf(read(tasks, { labelStudio: { imageField: 'left' } }))).toBe('l.jpg');
    expect(await fileOf(read(tasks))).toBe('i.jpg');
  });

  test('boxes of another picture of a task are left out, and told', async () => {
    const data = { photo: '/a.jpg', second: '/b.jpg' };
    const items = [
      region(),
      region({}, { id: 'r2', to_name: 'second' }),
      region({}, { id: 'r3', item_index: 1 }),
    ];
    const tasks = [{ data, annotations: [{ result: items }] }];
    const set = await read(tasks);
    expect([...set.images].map(({ file, boxes }) => [file, boxes.length])).toEqual([['a.jpg', 1]]);
    expect(leftOut(set)).toEqual({ 'region of another picture of the task': 2 });
    expect(await written(set)).toEqual(tasks);
  });

  test('none is an error that says which task', async () => {
    const tasks = [{ data: { a: 'one text', b: 'another' }, annotations: [{ result: [] }] }];
    await expect(read(tasks)).rejects.toThrow(
      /tasks\.json: \[0\]\.data has no field that is the address/,
    );
  });
});

test('a field of the data may be called as in results of COCO', async () => {
  const tasks = [{ data: { image: '/a.jpg', image_id: 7 }, annotations: [{ result: [] }] }];
  const results = [{ image_id: 1, category_id: 1, bbox: [1, 2, 3, 4], score: 0.5 }];
  const place = filesOf({ 'tasks.json': tasks, 'results.json': results });
  expect(await guessFormat(join(place, 'tasks.json'))).toBe('label-studio');
  await expect(guessFormat(join(place, 'results.json'))).rejects.toThrow(UserError);
});

test('JSON-MIN is read as the tasks that it was made of', async () => {
  const value = { ...place, original_width: 200, original_height: 100 };
  const line = {
    ...{ image: '/data/upload/1/a.jpg', camera: 5, id: 34, weather: 'sunny' },
    kind: [
      { ...value, rectanglelabels: ['cat'] },
      { ...value, x: 50, rectanglelabels: [] },
    ],
    ...{ annotator: 1, annotation_id: 3, created_at: 'c', updated_at: 'u', lead_time: 1.5 },
  };
  const nobody = {
    image: '/b.jpg',
    id: 35,
    annotator: null,
    annotation_id: null,
    created_at: null,
  };
  const place_ = filesOf({ 'min.json': [line, nobody] });
  expect(await guessFormat(join(place_, 'min.json'))).toBe('label-studio');
  const set = await format.read(join(place_, 'min.json'));
  expect([...set.images].map(({ file, boxes }) => [file, boxes[0].box])).toEqual([
    ['data/upload/1/a.jpg', [20, 10, 60, 40]],
  ]);
  expect(leftOut(set)).toEqual({ 'region without a label': 1 });
  const [first, second] = await written(set);
  expect(first).toMatchObject({
    id: 34,
    data: { image: '/data/upload/1/a.jpg', camera: 5, weather: 'sunny' },
    annotations: [{ id: 3, completed_by: 1, lead_time: 1.5 }],
  });
  expect(first.annotations[0].result[0]).toMatchObject({
    ...{ type: 'rectanglelabels', from_name: 'kind', original_width: 200 },
    value: { ...place, rectanglelabels: ['cat'] },
  });
  expect(second).toEqual({ id: 35, data: { image: '/b.jpg' }, annotations: [] });
});

test('a Rectangle and its Labels are one box in JSON-MIN, too', async () => {
  const value = { ...place, original_width: 200, original_height: 100 };
  const line = {
    image: '/a.jpg',
    draw: [value],
    kind: [{ ...value, labels: ['cat'] }],
    annotation_id: 3,
  };
  const set = await read([line]);
  expect([...set.images].map(({ boxes }) => boxes.length)).toEqual([1]);
  expect(leftOut(set)).toEqual({});
});

test('what is added is called as in the file', async () => {
  const set = await read([
    { data: { url: '/a.jpg', n: 'x' }, annotations: [{ result: [region()] }] },
  ]);
  const added = {
    file: 'new.jpg',
    width: 10,
    height: 10,
    boxes: [{ label: 'cat', box: [0, 0, 5, 5] as const }],
  };
  const [, after] = await written({ ...set, images: [...set.images, added] });
  expect(Object.keys(after.data)).toEqual(['url']);
  expect(after.annotations[0].result[0]).toMatchObject(names);
});
