import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openRecordTable, RecordReader, recordCount } from '../../datasets/recordTable.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-records-'));
afterAll(() => rmSync(folder, { recursive: true }));

function tableOf(text: string, name = 'records.json') {
  const records = join(folder, name);
  writeFileSync(records, text);
  return openRecordTable([{ records }]);
}

describe('openRecordTable', () => {
  test('finds the elements of any JSON array', () => {
    const anyElement = fc.oneof(fc.object(), fc.string(), fc.array(fc.jsonValue()));
    fc.assert(
      fc.property(fc.array(anyElement, { minLength: 1 }), fc.nat(3), (values, space) => {
        const table = tableOf(`\ufeff ${JSON.stringify(values, null, space)}\n`);
        const reader = new RecordReader(table);
        const read = values.map((_, i) => reader.read(i).value);
        reader.close();
        expect(recordCount(table)).toBe(values.length);
        expect(JSON.stringify(read)).toBe(JSON.stringify(values));
      }),
      { numRuns: 50 },
    );
  });

  test('numbers the records of all files of a folder, in the order of their names', () => {
    const parts = mkdtempSync(join(folder, 'parts-'));
    writeFileSync(join(parts, 'b.json'), '[3]');
    writeFileSync(join(parts, 'a.json'), '[1, 2]');
    writeFileSync(join(parts, 'empty.json'), '[]');
    const table = openRecordTable([{ records: parts, images: 'i', weight: 2 }]);
    const reader = new RecordReader(table);
    expect([0, 1, 2].map((i) => reader.read(i).value)).toEqual([1, 2, 3]);
    expect(reader.read(2)).toMatchObject({ where: `${join(parts, 'b.json')}, record 0` });
    reader.close();
  });

  test('says what is wrong with a file', () => {
    expect(() => tableOf('[{"a": 1}, {"b"')).toThrow(/is cut off.*1 whole records/);
    expect(() => tableOf('{"a": 1}')).toThrow(/is not a JSON array of records/);
    expect(() => tableOf('[1] [2]')).toThrow(/is not a JSON array/);
    expect(() => tableOf('')).toThrow(/is empty/);
    expect(() => tableOf('[]')).toThrow(/no records/);
    expect(() => openRecordTable([{ records: 'nowhere' }])).toThrow(/nowhere/);
  });

  test('a malformed record is named when it is read', () => {
    const reader = new RecordReader(tableOf('[{"a": 1}, {"a" 1}]'));
    expect(reader.read(0).value).toEqual({ a: 1 });
    expect(() => reader.read(1)).toThrow(/records\.json, record 1 is not valid JSON: /);
    reader.close();
  });
});
