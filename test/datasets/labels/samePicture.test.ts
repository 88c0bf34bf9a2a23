import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { labelFormat } from '../../../datasets/labels/formats.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-same-'));
  mkdirSync(join(folder, 'photos'));
  const create = { width: 64, height: 48, channels: 3 as const, background: 'teal' };
  await sharp({ create }).toFile(join(folder, 'photos/1.jpg'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A COCO file with a box in each picture, whose x is the picture's place in the list. */
function read(names: readonly string[], images?: string, size: object = { width: 64, height: 48 }) {
  const file = join(folder, 'labels.json');
  const content = {
    images: names.map((file_name, i) => ({ id: i, file_name, ...size })),
    categories: [{ id: 1, name: 'cat' }],
    annotations: names.map((_, i) => ({
      ...{ id: i, image_id: i, category_id: 1 },
      bbox: [i, 1, 10, 10],
    })),
  };
  writeFileSync(file, JSON.stringify(content));
  return labelFormat('coco').read(file, { images });
}

async function boxesOf(set: ReturnType<typeof read>): Promise<Record<string, number[]>> {
  const { images } = await set;
  return Object.fromEntries(
    [...images].map(({ file, boxes }) => [file, boxes.map(({ box: [x] }) => x)]),
  );
}

test('a picture that two names could be is neither of them, but that whose path it is', async () => {
  const photos = join(folder, 'photos');
  const two = { 'train/1.jpg': [0], 'val/1.jpg': [1] };
  expect(await boxesOf(read(['train/1.jpg', 'val/1.jpg'], photos))).toEqual(two);
  const three = { ...two, '1.jpg': [2] };
  const set = read(['train/1.jpg', 'val/1.jpg', '1.jpg'], photos);
  expect(await boxesOf(set)).toEqual(three);
  expect((await set).notes?.join()).toMatch(/Not in .*photos: train\/1\.jpg, and 1 more/);
  expect(await boxesOf(read(['1.jpeg', '1.jpg'], photos))).toEqual({ '1.jpeg': [0], '1.jpg': [1] });
  expect(await boxesOf(read(['train/1.jpg'], photos))).toEqual({ '1.jpg': [0] });
  await expect(read(['train/1.jpg', '1.jpg'], photos, {})).rejects.toThrow(
    /how large train\/1\.jpg is, and the picture that it could be, 1\.jpg, is also another one/,
  );
});

test('tasks of two uploads that could be one picture stay apart', async () => {
  const photos = join(folder, 'photos');
  const task = (image: string, x: number) => ({
    data: { image },
    annotations: [
      {
        result: [
          {
            ...{ id: `r${x}`, type: 'rectanglelabels', from_name: 'label', to_name: 'image' },
            ...{ original_width: 64, original_height: 48 },
            value: { x: (100 * x) / 64, y: 10, width: 20, height: 20, rectanglelabels: ['cat'] },
          },
        ],
      },
    ],
  });
  const readTasks = (...tasks: object[]) => {
    const file = join(folder, 'tasks.json');
    writeFileSync(file, JSON.stringify(tasks));
    return labelFormat('label-studio').read(file, { images: photos });
  };
  const [one, other] = ['data/upload/3/8ef48128-1.jpg', 'data/upload/4/18c3dd52-1.jpg'];
  expect(await boxesOf(readTasks(task(`/${one}`, 1)))).toEqual({ '1.jpg': [1] });
  const set = readTasks(task(`/${one}`, 1), task(`/${other}`, 2), task(`/${other}`, 3));
  expect(await boxesOf(set)).toEqual({ [one]: [1], [other]: [2, 3] });
  expect((await set).notes).toEqual([`Not in ${photos}: ${one}, and 1 more.`]);
  const local = readTasks(task(`/${one}`, 1), task('/data/local-files/?d=1.jpg', 2));
  expect(await boxesOf(local)).toEqual({ [one]: [1], '1.jpg': [2] });
});

test('boxes of a picture that is listed twice are put together, and written all', async () => {
  const set = await read(['1.jpg', './1.jpg']);
  expect(await boxesOf(Promise.resolve(set))).toEqual({ '1.jpg': [0, 1] });
  expect(set.notes).toEqual(['Listed twice, so that their boxes are put together: 1.jpg.']);
  const output = join(folder, 'voc');
  await labelFormat('voc').write(set, output);
  expect(await boxesOf(labelFormat('voc').read(output))).toEqual({ '1.jpg': [0, 1] });
});
