import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { guessFormat, labelFormat } from '../../datasets/labels/formats.js';
import type { LabelledImage } from '../../datasets/labels/labelSet.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { describeWith } from './programs.js';

type Boxes = Record<string, [label: string, ...corners: number[]][]>;

const format = labelFormat('yolo');
const names = ['cat', 'lit à deux places', 'a & "b"'];
const images: LabelledImage[] = [
  {
    ...{ file: 'a.jpg', width: 61, height: 40 },
    boxes: [
      { label: names[0], box: [1.5, 2.25, 30, 39] },
      { label: names[1], box: [0, 0, 61, 40] },
    ],
  },
  { file: 'b c.png', width: 90, height: 77, boxes: [{ label: names[2], box: [10, 20, 30, 40] }] },
  { file: 'photo é.png', width: 33, height: 64, boxes: [] },
];
const expected: Boxes = Object.fromEntries(
  images.map(({ file, boxes }) => [file, boxes.map(({ label, box }) => [label, ...box])]),
);

let folder: string;
let photos: string;
/** The data set as it is written here. */
let ours: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-yolo-'));
  photos = join(folder, 'photos');
  ours = join(folder, 'ours');
  mkdirSync(photos);
  for (const { file, width, height } of images) {
    const create = { width, height, channels: 3 as const, background: 'red' };
    await sharp({ create }).toFile(join(photos, file));
  }
  const categories = names.map((name) => ({ name }));
  await format.write({ categories, images }, ours, { images: photos });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a part of yolo.py. */
function python(bin: string, ...args: string[]) {
  const program = join(packageRoot, 'test/clients/yolo.py');
  const { status, stdout, stderr } = spawnSync(join(bin, 'python'), [program, ...args], {
    ...{ encoding: 'utf8', cwd: folder, maxBuffer: 1 << 28 },
    env: { ...process.env, YOLO_OFFLINE: 'true', YOLO_CONFIG_DIR: folder },
  });
  if (status !== 0) throw new Error(stderr.slice(-3000));
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

/** What is read here, whatever it looks like. */
async function read(path: string, images?: string): Promise<Boxes> {
  expect(await guessFormat(path)).toBe('yolo');
  const set = await format.read(path, { images });
  return Object.fromEntries(
    [...set.images].map(({ file, boxes }) => [
      basename(file),
      boxes.map(({ label, box }) => [label, ...box]),
    ]),
  );
}

function expectSame(found: Boxes, wanted: Boxes): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, boxes] of Object.entries(wanted)) {
    const sorted = (list: Boxes[string]) => list.toSorted((a, b) => a[0].localeCompare(b[0]));
    const [one, other] = [sorted(found[name]), sorted(boxes)];
    expect(one.map(([label]) => label)).toEqual(other.map(([label]) => label));
    one.forEach(([, ...corners], i) => {
      corners.forEach((side, k) => {
        expect(Math.abs(side - Number(other[i][k + 1]))).toBeLessThan(0.01);
      });
    });
  }
}

/** A data set with a picture in each of its folders. */
function layout(name: string, config: string, files: Record<string, string>): string {
  const place = join(folder, name);
  for (const [labels, text] of Object.entries({ ...files, 'data.yaml': config })) {
    mkdirSync(join(place, labels, '..'), { recursive: true });
    writeFileSync(join(place, labels), text);
    const picture = labels.replace('labels', 'images').replace(/\.txt$/, '.jpg');
    if (!labels.includes('labels/')) continue;
    mkdirSync(join(place, picture, '..'), { recursive: true });
    cpSync(join(photos, 'a.jpg'), join(place, picture));
  }
  return place;
}

describeWith('ultralytics', (bin) => {
  test('reads what is written here', () => {
    expectSame(python(bin, 'read-ultralytics', join(ours, 'data.yaml')), expected);
  });

  test('trains on it', () => {
    const result = python(bin, 'train-ultralytics', join(ours, 'data.yaml'), join(folder, 'runs'));
    expect(result).toEqual({ weights: true });
  });

  const row = '1 0.5 0.5 0.2 0.4\n';
  const two = { 'train/labels/a.txt': row, 'valid/labels/b.txt': '0 0.1 0.1 0.1 0.1\n' };
  test.each([
    [
      'Roboflow',
      'train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnc: 2\n',
      two,
    ],
    ['validation', 'train: train/images\nvalidation: valid/images\nnames: [cat, dog]\n', two],
    [
      'lists',
      'train: train.txt\nval: valid/images\nnames: {0: cat, 1: dog}\n',
      { ...two, 'train.txt': './train/images/a.jpg\n' },
    ],
    [
      'rows',
      'train: images\nval: images\nnames: [cat, dog]\nkpt_shape: [2, 3]\n',
      {
        'labels/box.txt': '1.0e+00 5.0e-01 5.0e-01 2.0e-01 4.0e-01\r\n0 .5 .5 .1 .1\r\n',
        'labels/corners.txt': '1 0.1 0.2 0.3 0.1 0.4 0.2 0.2 0.3\n0 .1 .1 .5 .1 .5 1\n',
        'labels/keypoints.txt': '1 .5 .5 .2 .2 .5 .5 2 .4 .4 1\n',
        'labels/nothing.txt': '',
      },
    ],
  ])('reads the same boxes as here: %s', async (name, config, files) => {
    const place = layout(name, config, files);
    const found = python(bin, 'read-ultralytics', join(place, 'data.yaml'));
    expect(Object.keys(found).length).toBeGreaterThan(1);
    expectSame(await read(place), found);
  });
});

describeWith('label-files', (bin) => {
  describe('supervision', () => {
    test('reads what is written here', () => {
      expectSame(python(bin, 'read-supervision', ours), expected);
    });

    test.each(['.', 'train'])('what it writes is read here: %s', async (inside) => {
      const output = join(folder, `supervision ${inside}`);
      python(bin, 'write-supervision', ours, output, inside);
      expectSame(await read(output), expected);
    });
  });

  describe('datumaro', () => {
    test('reads what is written here', () => {
      expectSame(python(bin, 'read-datumaro', ours), expected);
    });

    describe.each(['yolo', 'yolo_ultralytics'])('%s', (form) => {
      test.each(['media', 'labels alone'])('what it writes is read here: %s', async (media) => {
        const output = join(folder, `datumaro ${form} ${media}`);
        python(bin, 'write-datumaro', ours, output, form, media);
        expectSame(await read(output, media === 'media' ? undefined : photos), expected);
      });
    });
  });
});
