import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRows } from '../../src/checkpoints/readRows.js';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { ndarray } from '../../src/jit/ndarray.js';

const table = ndarray(
  Float32Array.from({ length: 15 }, (_, i) => i / 2),
  [5, 3],
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-rows-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(['F32', 'F16', 'BF16', 'in memory'] as const)('rows of a matrix, %s', async (form) => {
  const file = join(folder, `${form}.safetensors`);
  if (form !== 'in memory') await writeSafetensors(file, { before: table, table }, { dtype: form });
  const stored = form === 'in memory' ? table : openSafetensors(file).get('table')!;
  expect([...readRows(stored, [4, 0, 4])]).toEqual([6, 6.5, 7, 0, 0.5, 1, 6, 6.5, 7]);
  expect(() => readRows(stored, [5])).toThrow('There is no row 5 of 5.');
});
