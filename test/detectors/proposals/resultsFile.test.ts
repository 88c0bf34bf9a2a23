import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openResultsFile } from '../../../detectors/proposals/resultsFile.js';
import { UserError } from '../../../src/errors.js';
import type { RgbImage } from '../../../src/images/rgbImage.js';

let folder: string;
let results: string;
let annotations: string;

const picture = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(3 * width * height),
});
const result = (image_id: number, bbox: number[], score: number, category_id = 1) => ({
  image_id,
  category_id,
  bbox,
  score,
});
const write = (name: string, content: unknown) => {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'results-file-'));
  results = write('results.json', [
    result(139, [1, 2, 3, 4], 0.5, 62),
    result(7, [0, 0, 8, 8], 0.25),
    result(139, [6, -2, 8, 4], 1),
    result(139, [20, 0, 5, 5], 0.9),
    result(139, [4, 4, 0, 2], 0.9),
  ]);
  annotations = write('annotations.json', {
    images: [
      { id: 7, file_name: 'street.jpg', width: 10, height: 8 },
      { id: 139, file_name: 'val/000000000139.jpg' },
      { id: 9, file_name: 'empty.jpg' },
    ],
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

test('boxes, scores and categories of a picture; boxes are clipped, empty ones go', async () => {
  const expected = [
    { box: [1, 2, 4, 6], quality: 0.5, category: 62 },
    { box: [6, 0, 10, 2], quality: 1, category: 1 },
  ];
  const name = '/data/val/000000000139.jpg';
  for (const source of [
    await openResultsFile(results),
    await openResultsFile(results, annotations),
  ]) {
    expect(await source.propose({ image: picture(10, 8), name })).toEqual(expected);
  }
});

test('a tile has the boxes that reach into it, in its own pixels', async () => {
  const source = await openResultsFile(results, annotations);
  const tile = { rect: [2, 1, 9, 5], picture: { width: 10, height: 8 } } as const;
  const found = await source.propose({ image: picture(7, 4), name: 'street.jpg', tile });
  expect(found).toEqual([{ box: [0, 0, 6, 4], quality: 0.25, category: 1 }]);
  const name = '000000000139.jpg';
  const boxes = (await source.propose({ image: picture(7, 4), name, tile })).map(({ box }) => box);
  expect(boxes).toEqual([
    [0, 1, 2, 4],
    [4, 0, 7, 1],
  ]);
});

test('a listed picture may have any name, and nothing found in it', async () => {
  const source = await openResultsFile(results, annotations);
  const image = picture(10, 8);
  expect(await source.propose({ image, name: 'street.jpg' })).toHaveLength(1);
  expect(await source.propose({ image, name: 'empty.jpg' })).toEqual([]);
});

test('pictures by their file names, as Ultralytics has them', async () => {
  const named = { ...result(0, [1, 2, 3, 4], 0.5), image_id: 'street', file_name: 'street.jpg' };
  const predictions = write('predictions.json', [named, result(139, [0, 0, 2, 2], 0.75)]);
  const told: string[] = [];
  const listed = await openResultsFile(predictions, annotations, (note) => told.push(note));
  expect(told).toEqual([expect.stringContaining('image_id "street" is street.jpg')]);
  for (const source of [listed, await openResultsFile(predictions)]) {
    const of = (name: string) => source.propose({ image: picture(10, 8), name: `/data/${name}` });
    expect(await of('street.jpg')).toEqual([{ box: [1, 2, 4, 6], quality: 0.5, category: 1 }]);
    expect(await of('val/000000000139.jpg')).toMatchObject([{ quality: 0.75 }]);
  }
  const twins = write('twins.json', {
    images: [
      { id: 1, file_name: 'a/street.jpg' },
      { id: 2, file_name: 'b/street.jpg' },
    ],
  });
  await expect(openResultsFile(predictions, twins)).rejects.toThrow(
    /can be a\/street\.jpg or b\/street\.jpg .* Give results with the ids of .*twins\.json/,
  );
});

test('pictures for which there can be no boxes', async () => {
  const image = picture(8, 10);
  const listed = await openResultsFile(results, annotations);
  const byDigits = await openResultsFile(results);
  const failures: [Promise<unknown>, string][] = [
    [listed.propose({ image }), 'A picture without a name'],
    [listed.propose({ image, name: 'car.jpg' }), 'lists no picture named car.jpg'],
    [
      listed.propose({ image, name: 'street.jpg' }),
      'street.jpg has 8 × 10 pixels, but is listed with 10 × 8',
    ],
    [
      byDigits.propose({ image, name: 'street.jpg' }),
      'no results for street.jpg, whose file name tells no image id',
    ],
    [
      byDigits.propose({ image, name: '0140.jpg' }),
      'has no results for image 140, which 0140.jpg is',
    ],
  ];
  for (const [failure, message] of failures) {
    const error = await failure.catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(message);
  }
});

test('files that do not belong together, and scores that are no probabilities', async () => {
  const others = write('others.json', { images: [{ id: 1, file_name: 'a.jpg' }] });
  await expect(openResultsFile(results, others)).rejects.toThrow('None of the pictures');
  const logits = write('logits.json', [result(1, [0, 0, 1, 1], 3.5)]);
  await expect(openResultsFile(logits)).rejects.toThrow('results[0].score is 3.5');
});
