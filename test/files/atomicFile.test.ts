import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTextAtomically } from '../../src/files/atomicFile.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what a killed process left is removed when the next one writes there', async () => {
  const script = `
    import { writeAtomically } from ${JSON.stringify(new URL('../../src/files/atomicFile.js', import.meta.url))};
    await writeAtomically(${JSON.stringify(join(folder, 'a.txt'))}, async () => process.kill(process.pid, 'SIGKILL'));`;
  spawnSync('node', ['--input-type=module', '-e', script]);
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^\.fgdet-.*\.tmp$/)]);
  writeFileSync(join(folder, '.other.tmp'), '');
  await writeTextAtomically(join(folder, 'b.txt'), 'b');
  expect(readdirSync(folder).sort()).toEqual(['.other.tmp', 'b.txt']);
});

test('names may be as long as the disk allows', async () => {
  const file = join(folder, 'x'.repeat(255));
  await writeTextAtomically(file, 'text');
  expect(readFileSync(file, 'utf8')).toBe('text');
});
