import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { checkJson, parseJson, readJsonFile } from '../../src/files/jsonFile.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-json-'));
afterAll(() => rmSync(folder, { recursive: true }));

const schema = z.strictObject({ sizes: z.array(z.strictObject({ width: z.number() })) });
const file = join(folder, 'a.json');
const read = (content: string) => {
  writeFileSync(file, content);
  return readJsonFile(file, schema, 'a list of sizes');
};

test('a file is read, a byte order mark passed over', () => {
  expect(read('{"sizes": [{"width": 3}]}')).toEqual({ sizes: [{ width: 3 }] });
  expect(read('\ufeff{"sizes": []}')).toEqual({ sizes: [] });
});

test('one bad field is told in one line, several in a line each', () => {
  expect(() => read('{"sizes": [{"width": 3}, {}]}')).toThrow(
    new UserError(`${file} is not a list of sizes: sizes[1].width: is missing`),
  );
  expect(() => read('{"sizes": [{"width": 3, "hight": 4, "depth": 5}], "more": 1}')).toThrow(
    new UserError(
      `${file} is not a list of sizes:\n  sizes[0].hight: there is no such field\n` +
        '  sizes[0].depth: there is no such field\n  more: there is no such field',
    ),
  );
  expect(() => read('3')).toThrow(/is not a list of sizes: .*expected object/);
});

test('of several forms that a value may have, what is wrong with the one it is like', () => {
  const forms = z.union([
    z.literal('auto'),
    z.array(z.int().max(9)).max(2),
    z.strictObject({ url: z.string() }),
    z.strictObject({ path: z.string().min(1) }),
  ]);
  const told = (value: unknown) => {
    try {
      checkJson({ a: value }, z.object({ a: forms }), 'x', 'y');
    } catch (error) {
      return (error as Error).message.replace('x is not y: ', '');
    }
  };
  expect(told([1, 2, 3])).toMatch(/^a: .*<=2/);
  expect(told([1, 1e308])).toMatch(/^a\[1\]: [^\n]*<=9[^\n]*$/);
  expect(told({ path: '' })).toMatch(/^a\.path: /);
  expect(told('manual')).toBe('a: must be "auto" or of type array or of type object');
});

test('very many bad fields are counted', () => {
  const bad = { sizes: Array.from({ length: 25 }, () => ({})) };
  expect(() => checkJson(bad, schema, 'x', 'y')).toThrow(/sizes\[9\].*\n {2}and 15 more$/);
});

test('files that cannot be read', () => {
  expect(() => read('{"sizes": ')).toThrow(/a\.json is not valid JSON: /);
  const missing = join(folder, 'none.json');
  expect(() => readJsonFile(missing, schema, '')).toThrow(
    new UserError(`Cannot read ${missing}: there is no such file or folder.`),
  );
  expect(() => readJsonFile(folder, schema, '')).toThrow(/: it is a folder\./);
  expect(() => parseJson(Buffer.from('['), 'b.json, record 2')).toThrow(
    /^b\.json, record 2 is not/,
  );
});
