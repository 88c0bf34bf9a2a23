import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { guessFormat, labelFormat } from '../../../datasets/labels/formats.js';
import type { LabelSet } from '../../../datasets/labels/labelSet.js';
import { contentOf, drawPictures } from './arbitraryLabels.js';
import { filesOf } from './writtenFiles.js';

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

describe('YOLO', () => {
  const format = labelFormat('yolo');
  const sized = (file: string) => ({ file, width: 200, height: 100, boxes: [] });

  test("Ultralytics' layout: folders of pictures, polygons, pictures nobody looked at", async () => {
    const place = filesOf({
      'data.yaml':
        'path: .\ntrain: images/train\nval: [images/val]\nnc: 3\nnames: [yes, 1, no: 2]\n'.replace(
          'no: 2',
          "'a: b'",
        ),
      'labels/train/a.txt': '1 0.4 0.3 0.6 0.3 0.6 0.7 0.4 0.7\n2 0.1 0.1 0.3 0.1 0.3 0.2\n',
      'labels/val/b.txt': '',
    });
    const pictures = ['train/a.jpg', 'train/new.jpg', 'val/b.png'].map(sized);
    drawPictures(pictures, join(place, 'images'));
    expect(await guessFormat(place)).toBe('yolo');
    const set = await format.read(place);
    expect(set.categories).toEqual([
      { id: 0, name: 'yes' },
      { id: 1, name: '1' },
      { id: 2, name: 'a: b' },
    ]);
    expect(plain(set).images).toEqual([
      {
        ...pictures[0],
        boxes: [
          { label: '1', box: [80, 30, 120, 70] },
          {
            label: 'a: b',
            box: [20, 10, 60, 20],
            outline: {
              kind: 'polygon',
              parts: [
                [
                  [20, 10],
                  [60, 10],
                  [60, 20],
                ],
              ],
            },
          },
        ],
      },
      pictures[2],
    ]);
    const output = filesOf({});
    await format.write(set, output, { images: join(place, 'images') });
    const written = contentOf(output);
    expect(written['/labels/train/a.txt']).toBe(
      '1 0.4 0.3 0.6 0.3 0.6 0.7 0.4 0.7\n2 0.1 0.1 0.3 0.1 0.3 0.2\n',
    );
    expect(written['/labels/val/b.txt']).toBe('');
    expect(written['/train.txt']).toBe('./images/train/a.jpg\n./images/train/new.jpg\n');
    expect(written['/val.txt']).toBe('./images/val/b.png\n');
    // Through the link to the pictures.
    expect(await format.read(output)).toEqual(set);
  });

  test.each([
    ['a.jpg', './images/a.jpg', 'labels/a.txt'],
    ['a/b.c.jpg', './images/a/b.c.jpg', 'labels/a/b.c.txt'],
    ['images/train/a.jpg', './nested/images/train/a.jpg', 'nested/labels/train/a.txt'],
    [
      'x/images/y/images/a.jpg',
      './nested/x/images_/y/images/a.jpg',
      'nested/x/images_/y/labels/a.txt',
    ],
  ])('labels of %s are where Ultralytics looks for them', async (file, listed, labels) => {
    const place = filesOf({});
    drawPictures([sized(file)], join(place, 'photos'));
    const output = join(place, 'out');
    await format.write({ categories: [], images: [sized(file)] }, output, {
      images: join(place, 'photos'),
    });
    const written = contentOf(output);
    expect(written['/train.txt']).toBe(`${listed}\n`);
    expect(written[`/${labels}`]).toBe('');
    // As in ultralytics/data/utils.py: the last /images/ becomes /labels/.
    const path = `/${listed.slice(2)}`;
    const at = path.lastIndexOf('/images/');
    expect(`${path.slice(0, at)}/labels/${path.slice(at + 8)}`.replace(/\.[^.]*$/, '.txt')).toBe(
      `/${labels}`,
    );
    expect([...(await format.read(output)).images]).toEqual([sized(file)]);
  });

  test('what is outside the picture is cut off, scores are no sixth column', async () => {
    const boxes = [{ label: 'a', box: [-10, 0, 210, 50] as const, score: 0.5 }];
    const set = { categories: [{ id: 7, name: 'a' }], images: [{ ...sized('a.jpg'), boxes }] };
    expect(format.fileOf!(set.images[0], set).text).toBe('0 0.500000 0.250000 1.000000 0.500000\n');
  });

  test('pictures of one name but for the extension cannot both have labels', async () => {
    const images = [sized('a.jpg'), sized('a.png')];
    await expect(format.write({ categories: [], images }, filesOf({}))).rejects.toThrow(
      /a\.\w+: another picture has the same name but for its extension/,
    );
  });

  test('sizes are those that viewers show', async () => {
    const place = filesOf({ 'data.yaml': 'train: images\nnames: [a]', 'labels/a.txt': '' });
    mkdirSync(join(place, 'images'));
    const create = { width: 30, height: 20, channels: 3 as const, background: 'red' };
    const turned = sharp({ create }).withMetadata({ orientation: 6 });
    await turned.jpeg().toFile(join(place, 'images/a.jpg'));
    const [image] = (await format.read(place)).images;
    expect(image).toEqual({ file: 'a.jpg', width: 20, height: 30, boxes: [] });
  });

  test('scores that Ultralytics wrote are read', async () => {
    const place = filesOf({
      'data.yaml': 'train: images\nnames: {0: a}\n',
      'labels/a.txt': '0 0.5 0.5 0.2 0.4 0.75\n',
    });
    drawPictures([sized('a.jpg')], join(place, 'images'));
    expect(plain(await format.read(place)).images[0].boxes).toEqual([
      { label: 'a', box: [80, 30, 120, 70], score: 0.75 },
    ]);
  });
});
