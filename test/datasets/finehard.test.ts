import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readFineHard } from '../../datasets/finehard.js';
import { UserError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-finehard-'));
afterAll(() => rmSync(folder, { recursive: true }));

const negatives = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, `a cat no ${i}`]));
const box = {
  bbox: [0.1, 0.2, 0.5, 0.6, 0.9],
  short_expr: 'a red cat',
  long_expr: 'a red cat on the left',
  short_expr_negs: negatives,
  flag_short_neg: 1,
};
const record = { f_path: 'a.jpg', caption: 'A cat.', short_caption: 'a cat', bbox_info: [box] };

function readAll(content: unknown) {
  const path = join(folder, 'records.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return [...readFineHard(path)];
}

test('records are read as they are', () => {
  expect(readAll([record, record])).toEqual([record, record]);
});

describe('errors name the file, the record and the field', () => {
  const changed = (change: object) => [record, { ...record, bbox_info: [{ ...box, ...change }] }];

  test.each<[string, unknown, RegExp]>([
    [
      'a missing caption',
      [{ ...record, caption: undefined }],
      /records\.json, record 0: caption: /,
    ],
    ['a missing box', changed({ bbox: undefined }), /record 1: bbox_info\.0\.bbox: /],
    ['a box in pixels', changed({ bbox: [0, 0, 30, 40] }), /bbox_info\.0\.bbox.*share of 0\.\.1/],
    [
      'a flat box',
      changed({ bbox: [0.1, 0.1, 0.1, 0.5] }),
      /bbox_info\.0\.bbox: must have an area/,
    ],
    ['too few negatives', changed({ short_expr_negs: { 0: 'a' } }), /has 1 texts .* needs ten/],
    [
      'a negative that is true',
      changed({ short_expr_negs: { ...negatives, 3: 'a red cat' } }),
      /short_expr_negs: repeats the true expression/,
    ],
    ['a cut-off file', JSON.stringify([record]).slice(0, -20), /records\.json/],
  ])('%s', (_, content, message) => {
    expect(() => readAll(content)).toThrow(message);
    expect(() => readAll(content)).toThrow(UserError);
  });

  test('a missing file', () => {
    expect(() => [...readFineHard(join(folder, 'none.json'))]).toThrow(/none\.json/);
  });
});
