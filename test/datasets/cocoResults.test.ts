import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkProbabilities, readCocoResults, rowsByImage } from '../../datasets/cocoResults.js';
import { UserError } from '../../src/errors.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coco-results-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (content: string | Uint8Array) => {
  const file = join(folder, 'results.json');
  writeFileSync(file, content);
  return file;
};
const result = (image_id: number, rest: object = {}) => ({
  image_id,
  category_id: 18,
  bbox: [1.5, 2, 30, 4.25],
  score: 0.12345678901234568,
  ...rest,
});
const some = [result(42), result(7, { score: 1 }), result(42, { score: 0, category_id: 3 })];

describe('reading', () => {
  test('columns hold what the file has, to the last bit', async () => {
    const results = await readCocoResults(write(JSON.stringify(some)));
    expect(results.count).toBe(3);
    expect([...results.imageIds]).toEqual([42, 7, 42]);
    expect([...results.categoryIds]).toEqual([18, 18, 3]);
    expect([...results.boxes.subarray(4, 8)]).toEqual([1.5, 2, 30, 4.25]);
    expect([...results.scores]).toEqual([0.12345678901234568, 1, 0]);
  });

  test('gzip, a byte order mark, line breaks and what else detectors write', async () => {
    const others = { area: 3, segmentation: { counts: ']"}' }, category_name: 'cat', file_name: 5 };
    const more = some.map((row, id) => ({ ...row, id, ...others }));
    for (const content of [
      gzipSync(JSON.stringify(more)),
      `\ufeff\n${JSON.stringify(more, null, 2)}\n`,
    ]) {
      expect((await readCocoResults(write(content))).count).toBe(3);
    }
  });

  test('more than one piece', async () => {
    const many = Array.from({ length: 30_000 }, (_, i) => result(i));
    const results = await readCocoResults(write(JSON.stringify(many)));
    expect([...results.imageIds]).toEqual(many.map((_, i) => i));
  });

  test('a detector that found nothing', async () => {
    expect((await readCocoResults(write(' [ ] '))).count).toBe(0);
  });
});

describe('masks', () => {
  const runs = { size: [10, 8], counts: [22, 4, 6, 4, 44] };
  const truth = { file: 'gt.json', images: [{ id: 42, file: 'a.jpg', width: 8, height: 10 }] };

  test.each<[string, unknown]>([
    ['an empty box', []],
    ['null', null],
    ['no box', undefined],
  ])('%s beside a mask: the mask has the box and the area', async (_, bbox) => {
    const rows = [result(42, { bbox, segmentation: runs }), result(42, { segmentation: runs })];
    for (const masks of [false, true]) {
      const results = await readCocoResults(write(JSON.stringify(rows)), { masks });
      expect([...results.boxes]).toEqual([2, 2, 2, 4, 1.5, 2, 30, 4.25]);
      expect([...results.areas!]).toEqual([8, 8]);
    }
  });

  test('areas are those of boxes where the first result has one', async () => {
    const rows = [result(42), result(42, { bbox: [], segmentation: runs })];
    const results = await readCocoResults(write(JSON.stringify(rows)));
    expect([...results.boxes.subarray(4)]).toEqual([2, 2, 2, 4]);
    expect(results.areas).toBeUndefined();
  });

  test('polygons, where the size of the picture is known', async () => {
    const segmentation = [[2, 2, 2, 6, 4, 6, 4, 2]];
    const file = write(JSON.stringify([result(42, { segmentation })]));
    const { masks } = await readCocoResults(file, { masks: true, truth });
    expect(masks).toEqual([expect.objectContaining({ width: 8, height: 10 })]);
    const sizeless = { ...truth, images: [{ id: 42, file: 'a.jpg' }] };
    await expect(readCocoResults(file, { masks: true, truth: sizeless })).rejects.toThrow(
      /gt\.json: image 42 \(a\.jpg\) has no width and height.*results\[0\]\.segmentation/,
    );
  });
});

test('without an annotation file, image ids that are texts get numbers', async () => {
  const rows = [{ ...result(4), image_id: 'bell' }, result(7), { ...result(1), image_id: 'ape' }];
  const { imageIds, imageTexts } = await readCocoResults(write(JSON.stringify(rows)));
  expect([...imageIds]).toEqual([9, 7, 8]);
  expect(imageTexts).toEqual(
    new Map([
      ['bell', 9],
      ['ape', 8],
    ]),
  );
});

describe('what is wrong is named', () => {
  const bad: [string, object, string][] = [
    ['a negative width', { bbox: [0, 0, -1, 1] }, 'bbox[2]: must not be negative'],
    ['three numbers', { bbox: [0, 0, 1] }, 'bbox'],
    ['no score', { score: undefined }, 'score: is missing'],
    ['a null score', { score: null }, 'score'],
    ['no number for an id', { image_id: 1.5 }, 'image_id: must be a whole number or a text'],
    ['no id', { category_id: undefined }, 'category_id: is missing'],
    ['neither a box nor a mask', { bbox: [] }, 'bbox: is missing'],
  ];
  test.each(bad)('%s', async (_, change, message) => {
    const file = write(JSON.stringify([...some, result(1, change)]));
    const error = await readCocoResults(file).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(`${file}: results[3] is not a COCO result`);
    expect((error as Error).message).toContain(message);
  });

  const files: [string, string | Uint8Array, string][] = [
    ['an annotation file', '{"images": []}', 'is not a JSON array: it starts with "{"'],
    ['an empty file', '', 'is empty'],
    ['a file that was cut off', JSON.stringify(some).slice(0, -20), 'cut off'],
    [
      'a compressed file that was cut off',
      gzipSync(JSON.stringify(some)).subarray(0, 50),
      'cut off',
    ],
    ["Python's NaN", '[{"score": NaN}]', 'not valid JSON: element 0: NaN is no JSON number'],
    ['two arrays', '[][]', 'not valid JSON'],
  ];
  test.each(files)('%s', async (_, content, message) => {
    const file = write(content);
    const error = await readCocoResults(file).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(file);
  });

  test('a file that is not there, and a folder', async () => {
    await expect(readCocoResults(join(folder, 'none.json'))).rejects.toThrow(
      'there is no such file',
    );
    await expect(readCocoResults(folder)).rejects.toThrow('it is a folder');
  });

  test.each([1.5, -0.01])('a score of %d is no probability', async (score) => {
    const file = write(JSON.stringify([result(1), result(1, { score })]));
    const results = await readCocoResults(file);
    expect(() => checkProbabilities(results, file)).toThrow(
      new UserError(
        `${file}: results[1].score is ${score}; scores must be probabilities, 0 to 1. ` +
          'Put logits through a sigmoid.',
      ),
    );
  });
});

test('rows are grouped by image in their order', async () => {
  const results = await readCocoResults(write(JSON.stringify([...some, result(-1), result(42)])));
  const groups = [...rowsByImage(results)].map(([id, rows]) => [id, [...rows]]);
  expect(groups).toEqual([
    [42, [0, 2, 4]],
    [7, [1]],
    [-1, [3]],
  ]);
});
