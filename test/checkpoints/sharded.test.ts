import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { openSharded } from '../../src/checkpoints/sharded.js';
import { UserError } from '../../src/errors.js';
import { ndarray } from '../../src/jit/ndarray.js';

let folder: string;
let index: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-sharded-'));
  index = join(folder, 'model.safetensors.index.json');
  await writeSafetensors(join(folder, 'one.safetensors'), {
    a: ndarray(Float32Array.of(1, 2), [2]),
    b: ndarray(Int32Array.of(3), [1]),
  });
  await writeSafetensors(join(folder, 'two.safetensors'), { c: ndarray(Float32Array.of(4), []) });
});
afterAll(() => rmSync(folder, { recursive: true }));

const writeIndex = (content: unknown) => writeFileSync(index, JSON.stringify(content));

test("tensors come from their shards, in the index's order", () => {
  writeIndex({
    metadata: { total_size: 16 },
    weight_map: { c: 'two.safetensors', a: 'one.safetensors', b: 'one.safetensors' },
  });
  const tensors = openSharded(index);
  expect([...tensors].map(([name, { data }]) => [name, [...data]])).toEqual([
    ['c', [4]],
    ['a', [1, 2]],
    ['b', [3]],
  ]);
  expect(tensors.get('a')!.file!.path).toBe(join(folder, 'one.safetensors'));
});

test.each<[string, unknown, RegExp]>([
  [
    'a missing shard',
    { weight_map: { a: 'three.safetensors' } },
    /A shard listed in .*index\.json cannot be used: .*three\.safetensors does not exist/,
  ],
  [
    'a tensor missing from its shard',
    { weight_map: { a: 'two.safetensors' } },
    /two\.safetensors lacks the tensor "a" that .*index\.json says/,
  ],
  [
    'a shard elsewhere',
    { weight_map: { a: '../one.safetensors' } },
    /weight_map\.a: must be a \.safetensors file beside it/,
  ],
  ['an index without a map', {}, /is not an index of safetensors shards: weight_map/],
])('%s is named', (_, content, message) => {
  writeIndex(content);
  expect(() => openSharded(index)).toThrow(UserError);
  expect(() => openSharded(index)).toThrow(message);
});

test('a truncated shard and an unreadable index are named', () => {
  writeIndex({ weight_map: { c: 'two.safetensors' } });
  truncateSync(join(folder, 'two.safetensors'), 30);
  expect(() => openSharded(index)).toThrow(
    /index\.json cannot be used: .*two\.safetensors was cut off/,
  );
  writeFileSync(index, '{');
  expect(() => openSharded(index)).toThrow(/index\.json is not valid JSON/);
});
