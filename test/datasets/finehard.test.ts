import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxArea, parseFineHard, readFineHard } from '../../datasets/finehard.js';
import { recordTexts } from '../../datasets/recordTexts.js';
import { UserError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-finehard-'));
afterAll(() => rmSync(folder, { recursive: true }));

const negatives = Array.from({ length: 10 }, (_, i) => `a cat no ${i}`);
const box = {
  bbox: [0.1, 0.2, 0.5, 0.6],
  short_expr: 'a red cat',
  long_expr: 'a red cat on the left',
  short_expr_negs: { ...negatives },
  flag_short_neg: 1,
};
const record = { f_path: 'a.jpg', caption: 'A cat.', short_caption: 'a cat', bbox_info: [box] };

function fileOf(content: unknown): string {
  const path = join(folder, 'records.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const readAll = (content: unknown) => collect(readFineHard(fileOf(content)));
const boxOf = (change: object) =>
  parseFineHard({ ...record, bbox_info: [{ ...box, ...change }] }, 'here').boxes[0];

test('records are read', async () => {
  const read = {
    image: 'a.jpg',
    longCaption: 'A cat.',
    shortCaption: 'a cat',
    boxes: [
      {
        box: [0.1, 0.2, 0.5, 0.6],
        shortText: 'a red cat',
        longText: 'a red cat on the left',
        negatives,
      },
    ],
  };
  expect(await readAll([record, record])).toEqual([read, read]);
});

test('all texts of records are given', async () => {
  const texts = ['A cat.', 'a cat', 'a red cat', 'a red cat on the left', ...negatives];
  expect(await collect(recordTexts([fileOf([record])]))).toEqual(texts);
});

describe('what published records do differently', () => {
  test('a score behind the box', () => {
    expect(boxOf({ bbox: [0.1, 0.2, 0.5, 0.6, 0.9] }).box).toEqual([0.1, 0.2, 0.5, 0.6]);
  });

  test('a box that reaches a little beyond the picture is cut, to nothing if it lies outside', () => {
    expect(boxOf({ bbox: [-0.01, 0.2, 1.02, 0.6] }).box).toEqual([0, 0.2, 1, 0.6]);
    const outside = boxOf({ bbox: [1.01, 0.2, 1.1, 0.6] }).box;
    expect(boxArea(outside)).toBe(0);
  });

  test('wrong versions as a list, more than ten of them, or the true one among them', () => {
    expect(boxOf({ short_expr_negs: negatives }).negatives).toEqual(negatives);
    const more = ['a red cat', ...negatives, 'a cat no 10'];
    expect(boxOf({ short_expr_negs: more }).negatives).toEqual(negatives);
  });

  test.each([
    { flag_short_neg: 0 },
    { flag_short_neg: undefined },
    { short_expr_negs: null },
    { short_expr_negs: negatives.slice(1) },
    { short_expr_negs: ['a red cat', ...negatives.slice(1)] },
  ])('no wrong versions that may be used: %j', (change) => {
    expect(boxOf(change)).not.toHaveProperty('negatives');
  });

  test('the prefix of the path, and no boxes', () => {
    const published = { ...record, f_path: 'grit-20m/data-12m/00/1.jpg', bbox_info: null };
    expect(parseFineHard(published, 'here')).toMatchObject({ image: '00/1.jpg', boxes: [] });
  });
});

describe('errors name the file, the record and the field', () => {
  const changed = (change: object) => [record, { ...record, bbox_info: [{ ...box, ...change }] }];

  test.each<[string, unknown, RegExp]>([
    [
      'a missing caption',
      [{ ...record, caption: undefined }],
      /records\.json, record 0 is not a FineHARD record: caption: is missing/,
    ],
    [
      'a missing box',
      changed({ bbox: undefined }),
      /record 1 is not .*bbox_info\[0\]\.bbox: is missing/,
    ],
    ['a box of three numbers', changed({ bbox: [0, 0, 1] }), /bbox_info\[0\]\.bbox\[3\]: /],
    ['a box in pixels', changed({ bbox: [0, 0, 30, 40] }), /bbox_info\[0\]\.bbox.*share of 0\.\.1/],
    [
      'a negative that is a number',
      changed({ short_expr_negs: [1] }),
      /\[0\]\.short_expr_negs\[0\]: /,
    ],
    ['two bad fields', [{ ...record, caption: 7, f_path: '' }], /f_path: .*\n *caption: /],
    ['a cut-off file', JSON.stringify([record]).slice(0, -20), /records\.json/],
  ])('%s', async (_, content, message) => {
    await expect(readAll(content)).rejects.toThrow(message);
    await expect(readAll(content)).rejects.toThrow(UserError);
  });

  test('a missing file', async () => {
    await expect(collect(readFineHard(join(folder, 'none.json')))).rejects.toThrow(/none\.json/);
  });
});
