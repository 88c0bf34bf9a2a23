import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../src/errors.js';
import { gunzipped } from '../../src/files/gunzip.js';
import { readJsonEntries } from '../../src/files/jsonEntries.js';
import { readJson } from '../../src/files/jsonFile.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-gunzip-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what a text of its size cannot hold is not decompressed', () => {
  const file = join(folder, 'bomb.json');
  writeFileSync(file, gzipSync(Buffer.alloc(2 ** 27, ' ')));
  const message = `Cannot decompress ${file}: it holds more than 64 MiB.`;
  expect(() => readJson(file)).toThrow(new UserError(message));
  expect(() => readJsonEntries(file, ['images'], () => {})).toThrow(new UserError(message));
});

test('texts are, and what is cut off is told', () => {
  const text = Buffer.from(JSON.stringify(Array.from({ length: 1000 }, (_, id) => ({ id }))));
  const bytes = gzipSync(text);
  expect(gunzipped(bytes, 'a.json').equals(text)).toBe(true);
  expect(() => gunzipped(bytes, 'a.json', 1000)).toThrow('it holds more than 0 MiB');
  expect(() => gunzipped(bytes.subarray(0, 100), 'a.json')).toThrow(/a\.json: .*Is it cut off\?/);
});
