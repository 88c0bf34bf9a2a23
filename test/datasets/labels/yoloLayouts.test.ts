import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasYoloConfig } from '../../../datasets/labels/findYoloConfig.js';
import { guessFormat, labelFormat } from '../../../datasets/labels/formats.js';
import { contentOf, drawPictures } from './arbitraryLabels.js';
import { filesOf } from './writtenFiles.js';

const format = labelFormat('yolo');
const row = '1 0.5 0.5 0.2 0.4\n';
const names = 'names: [cat, dog]\n';

/** A folder with these texts, and pictures of 200 x 100 pixels. */
function place(files: Record<string, string>, pictures: string[]): string {
  const folder = filesOf(files);
  const sized = pictures.map((file) => ({ file, width: 200, height: 100, boxes: [] }));
  drawPictures(sized, folder);
  return folder;
}

/** Labels of the boxes of each picture, all of which must be the one of `row`. */
async function read(path: string, images?: string) {
  const set = await format.read(path, { images });
  const found = [...set.images].map(({ file, boxes }) => {
    for (const { box } of boxes) expect(box).toEqual([80, 30, 120, 70]);
    return [file, boxes.map(({ label }) => label).join()];
  });
  return { found: Object.fromEntries(found), notes: set.notes ?? [], set };
}

const trainAndVal = {
  'train/labels/a.txt': row,
  'valid/labels/b.txt': row,
};
const both = { 'train/images/a.jpg': 'dog', 'valid/images/b.jpg': 'dog' };

describe('data.yaml', () => {
  test.each([
    ["Roboflow's", 'train: ../train/images\nval: ../valid/images\n'],
    ['from the root', 'train: /train/images\nval: /valid/images\n'],
    ['of another machine', 'train: /content/set/train/images\nval: /content/set/valid/images\n'],
    ['of Windows', 'train: C:\\set\\train\\images\nval: valid\\images\n'],
    ['validation for val', 'train: train/images\nvalidation: valid/images\n'],
    ['a folder that was moved', 'path: /nowhere\ntrain: train/images\nval: valid/images\n'],
    ['no splits', ''],
    ['splits that say nothing', 'train:\nval: null\n'],
  ])('paths: %s', async (_name, splits) => {
    const folder = place({ ...trainAndVal, 'data.yaml': splits + names }, Object.keys(both));
    const { found, set } = await read(folder);
    expect(found).toEqual(both);
    expect([...set.images].map(({ rest }) => rest?.split)).toEqual([undefined, 'val']);
  });

  test('path leads elsewhere', async () => {
    const folder = place(
      {
        'data/labels/a.txt': row,
        'set.yaml': `path: data\ntrain: images\n${names}`,
        'x.yaml': 'a: 1',
      },
      ['data/images/a.jpg'],
    );
    expect((await read(folder)).found).toEqual({ 'a.jpg': 'dog' });
  });

  test('a split that is named and absent is told', async () => {
    const yaml = `train: images\nval: ../valid/images\n${names}`;
    const folder = place({ 'data.yaml': yaml, 'labels/a.txt': row }, ['images/a.jpg']);
    const { found, notes } = await read(folder);
    expect(found).toEqual({ 'a.jpg': 'dog' });
    expect(notes).toEqual([expect.stringMatching(/val names \.\.\/valid\/images, which does not/)]);
  });

  test('categories are counted where they have no names', async () => {
    const folder = place({ 'data.yaml': 'train: images\nnc: 2\n', 'labels/a.txt': row }, [
      'images/a.jpg',
    ]);
    const { found, set } = await read(folder);
    expect(found).toEqual({ 'a.jpg': 'class_1' });
    expect(set.categories.map(({ name }) => name)).toEqual(['class_0', 'class_1']);
  });

  test('labels of pictures that are elsewhere', async () => {
    const files = { 'data.yaml': `train: images/train\n${names}`, 'labels/train/a.txt': row };
    const folder = place({ ...files, 'labels/train/gone.txt': row }, ['photos/a.png']);
    const { found, notes } = await read(folder, join(folder, 'photos'));
    expect(found).toEqual({ 'a.png': 'dog' });
    expect(notes).toEqual(['1 file of labels without a picture left out.']);
    writeFileSync(join(folder, 'data.yaml'), `train: ../images/train\n${names}`);
    expect((await read(folder, join(folder, 'photos'))).found).toEqual(found);
    await expect(format.read(folder)).rejects.toThrow(
      /no pictures for 2 files of labels.*--images/,
    );
  });

  test('pictures without labels are told, and are an error where they are all', async () => {
    const files = { 'data.yaml': `train: images\n${names}`, 'labels/a.txt': row };
    const folder = place(files, ['images/a.jpg', 'images/b.jpg']);
    expect((await read(folder)).notes).toEqual([
      '1 picture without a file of labels: not looked at yet.',
    ]);
    const none = place({ 'data.yaml': `train: images\n${names}` }, ['images/a.jpg']);
    await expect(format.read(none)).rejects.toThrow(
      /no labels.*images\/a\.jpg would be in .*labels\/a\.txt/,
    );
  });

  test('a picture that cannot be measured is left out and named', async () => {
    const files = { 'data.yaml': `train: images\n${names}`, 'labels/a.txt': row };
    const folder = place({ ...files, 'labels/b.txt': row, 'images/b.heic': 'no' }, [
      'images/a.jpg',
    ]);
    const { found, notes } = await read(folder);
    expect(found).toEqual({ 'a.jpg': 'dog' });
    expect(notes).toEqual([
      '1 picture that cannot be read left out.',
      expect.stringMatching(/b\.heic/),
    ]);
  });

  test('one picture cannot have two files of labels', async () => {
    const files = { 'data.yaml': `train: images/train\nval: images/val\n${names}` };
    const labels = { 'labels/train/a.txt': row, 'labels/val/a.txt': '' };
    const folder = place({ ...files, ...labels }, ['photos/a.jpg']);
    await expect(format.read(folder, { images: join(folder, 'photos') })).rejects.toThrow(
      /train\/a\.txt and .*val\/a\.txt are both of a\.jpg/,
    );
  });

  test('links to folders are not followed, but one may be the folder of pictures', async () => {
    const yaml = { 'set/data.yaml': `train: images\n${names}` };
    const folder = place({ ...yaml, 'store/labels/a.txt': row }, ['store/images/a.jpg']);
    symlinkSync('..', join(folder, 'store/images/above'));
    symlinkSync('../store/images', join(folder, 'set/images'));
    const { found, notes } = await read(join(folder, 'set'));
    expect(found).toEqual({ 'a.jpg': 'dog' });
    expect(notes).toEqual([expect.stringMatching(/^Did not follow 1 link to a folder in /)]);
  });

  test.each([
    ['nothing', {}, /names no split \(train, val or test\)/],
    [
      'absent splits',
      { 'data.yaml': `train: images\nval: no\n${names}` },
      /train names images, which/,
    ],
    ['no number', { 'data.yaml': 'nc: many' }, /nc must be the number of categories/],
    ['a wrong shape', { 'data.yaml': `kpt_shape: 17\n${names}` }, /kpt_shape must be/],
  ])('%s is an error', async (_name, files, message) => {
    const folder = filesOf({ 'data.yaml': names, ...files });
    await expect(format.read(folder)).rejects.toThrow(message);
  });

  test('which of two is meant must be said', async () => {
    const folder = filesOf({ 'a.yaml': names, 'b.yml': names });
    await expect(format.read(folder)).rejects.toThrow(/a\.yaml and b\.yml: name the one/);
  });
});

describe('lists', () => {
  const files = {
    'data.yaml': `train: train.txt\nval: train.txt\n${names}`,
    'labels/t/a.txt': row,
  };

  test.each([
    './images/t/a.jpg',
    'images/t/a.jpg',
    'images\\t\\a.jpg',
    '.\\images\\t\\a.jpg',
    '/content/set/images/t/a.jpg',
    'C:\\set\\images\\t\\a.jpg',
    '\ufeff# ours\r./images/t/a.jpg\r',
  ])('an entry is found: %j', async (line) => {
    const folder = place({ ...files, 'train.txt': line }, ['images/t/a.jpg']);
    expect((await read(folder)).found).toEqual({ 't/a.jpg': 'dog' });
  });

  test.each(['./images/t/a.jpg', '/content/set/images/t/a.jpg'])(
    'the picture of %s lies elsewhere',
    async (line) => {
      const folder = place({ ...files, 'train.txt': line }, ['photos/t/a.jpg']);
      expect((await read(folder, join(folder, 'photos'))).found).toEqual({ 't/a.jpg': 'dog' });
    },
  );

  test('an entry that is nowhere is named', async () => {
    const folder = place({ ...files, 'train.txt': './images/t/a.jpg\nb.jpg\n' }, [
      'images/t/a.jpg',
    ]);
    await expect(format.read(folder)).rejects.toThrow(
      /train\.txt, line 2 names b\.jpg, which does not/,
    );
  });
});

describe('lists of names instead of data.yaml', () => {
  const names = 'cat\ndog\n';

  test.each<[string, Record<string, string>, string[], Record<string, string>]>([
    [
      "Label Studio's",
      { 'classes.txt': names, 'notes.json': '{"categories": []}', 'labels/a.txt': row },
      ['images/a.jpg'],
      { 'a.jpg': 'dog' },
    ],
    [
      "LabelImg's, beside the pictures",
      { 'classes.txt': names, 'a.txt': row, 'train.txt': row, 'README.txt': 'These are ours.' },
      ['a.jpg', 'train.jpg'],
      { 'a.jpg': 'dog', 'train.jpg': 'dog' },
    ],
    [
      "LabelImg's, among the labels",
      { 'labels/classes.txt': names, 'labels/a.txt': row },
      ['images/a.jpg'],
      { 'a.jpg': 'dog' },
    ],
    [
      "datumaro's and CVAT's",
      {
        'obj.data':
          'classes = 2\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\n',
        'obj.names': names,
        'train.txt': 'data/obj_train_data/x/a.jpg\n',
        'valid.txt': 'data/obj_valid_data/b.jpg\n',
        'obj_train_data/x/a.txt': row,
        'obj_valid_data/b.txt': '',
      },
      ['obj_train_data/x/a.jpg', 'obj_valid_data/b.jpg'],
      { 'obj_train_data/x/a.jpg': 'dog', 'obj_valid_data/b.jpg': '' },
    ],
    [
      "FiftyOne's",
      { 'obj.names': names, 'images.txt': 'data/a.jpg\n', 'data/a.txt': row },
      ['data/a.jpg', 'data/unlisted.jpg'],
      { 'data/a.jpg': 'dog' },
    ],
  ])('%s', async (_name, files, pictures, expected) => {
    const folder = place(files, pictures);
    expect(await guessFormat(folder)).toBe('yolo');
    expect(await hasYoloConfig(folder)).toBe(true);
    expect((await read(folder)).found).toEqual(expected);
  });

  test('the file that has the names stands for its data set', async () => {
    const folder = place({ 'labels/classes.txt': names, 'labels/a.txt': row }, ['images/a.jpg']);
    const file = join(folder, 'labels/classes.txt');
    expect(await guessFormat(file)).toBe('yolo');
    expect((await read(file)).found).toEqual({ 'a.jpg': 'dog' });
    expect((await read(join(folder, 'labels'))).found).toEqual({ 'a.jpg': 'dog' });
  });

  test('labels alone, of pictures elsewhere', async () => {
    const folder = place({ 'set/classes.txt': names, 'set/a.txt': row }, ['photos/a.png']);
    expect((await read(join(folder, 'set'), join(folder, 'photos'))).found).toEqual({
      'a.png': 'dog',
    });
  });

  test.each([
    [{ 'classes.txt': '\n' }, /classes\.txt has no names/],
    [
      { 'obj.data': 'names = data/other.names' },
      /obj\.data: names: there is no data\/other\.names/,
    ],
    [
      { 'obj.data': 'train = data/train.txt', 'obj.names': 'cat' },
      /train names data\/train\.txt, which/,
    ],
  ])('what is not there is named: %j', async (files, message) => {
    await expect(format.read(filesOf(files))).rejects.toThrow(message);
  });
});

describe('what is written', () => {
  const image = { file: 'a.jpg', width: 200, height: 100 };
  const box = { label: 'dog', box: [80, 30, 120, 70] as const };
  const categories = [{ name: 'cat' }, { name: 'dog' }];

  test('has its names in classes.txt, too, unless they are of several lines', async () => {
    const output = filesOf({});
    mkdirSync(output);
    await format.write({ categories, images: [{ ...image, boxes: [box] }] }, output);
    expect(contentOf(output)['/classes.txt']).toBe('cat\ndog\n');
    await format.write({ categories: [{ name: 'a\nb' }], images: [] }, output);
    expect(contentOf(output)).not.toHaveProperty('/classes.txt');
  });

  test('boxes beside polygons have corners, for trainers leave out a picture that has both', () => {
    const boxes = [box, { ...box, rest: { polygon: '0.4 0.3 0.6 0.3 0.6 0.7' } }];
    expect(format.fileOf!({ ...image, boxes }, { categories, format: 'yolo' }).text).toBe(
      '1 0.400000 0.300000 0.600000 0.300000 0.600000 0.700000 0.400000 0.700000\n' +
        '1 0.4 0.3 0.6 0.3 0.6 0.7\n',
    );
  });

  test('lies in the folder of pictures without being read as pictures', async () => {
    const folder = place({}, ['a.jpg']);
    const output = join(folder, 'labels-1');
    await format.write({ categories, images: [{ ...image, boxes: [box] }] }, output, {
      images: folder,
    });
    writeFileSync(
      join(folder, 'a.xml'),
      '<annotation><filename>a.jpg</filename><size><width>9</width><height>9</height></size></annotation>',
    );
    const { found } = await read(output, folder);
    expect(found).toEqual({ 'a.jpg': 'dog' });
    expect((await labelFormat('voc').read(folder, { images: folder })).notes).toEqual([
      expect.stringMatching(/^Did not follow 1 link to a folder in /),
    ]);
  });
});

test('rows of tracks are boxes with a score and an attribute', async () => {
  const yaml = `train: images\n${names}`;
  const folder = place({ 'data.yaml': yaml, 'labels/a.txt': '1.0e+00 0.5 0.5 0.2 0.4 0.91 1\n' }, [
    'images/a.jpg',
  ]);
  const [{ boxes }] = (await format.read(folder)).images;
  expect(boxes).toEqual([
    {
      ...{ label: 'dog', box: [80, 30, 120, 70], score: 0.91, attributes: { track_id: 1 } },
      rest: { shares: ['0.5', '0.5', '0.2', '0.4'] },
    },
  ]);
});
