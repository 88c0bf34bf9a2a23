import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { lockRun } from '../../src/files/runLock.js';

const root = mkdtempSync(join(tmpdir(), 'fgdet-lock-'));
afterAll(() => rmSync(root, { recursive: true }));

const module = new URL('../../src/files/runLock.js', import.meta.url).href;
/** No process has it. */
const ended = 2 ** 22 + 1;

test('a folder is claimed once, and given back', () => {
  const folder = join(root, 'once');
  const release = lockRun(folder);
  expect(() => lockRun(folder)).toThrow(`process id ${process.pid}`);
  release();
  lockRun(folder)();
  expect(readdirSync(folder)).toEqual([]);
});

test('what a process that has ended left is taken over', () => {
  const folder = join(root, 'stale');
  mkdirSync(folder);
  for (const left of [`${ended}\n`, '', `${process.pid}\n`]) {
    writeFileSync(join(folder, 'run.lock'), left);
    writeFileSync(join(folder, 'run.lock.takeover'), left);
    const release = lockRun(folder);
    expect(Number.parseInt(readFileSync(join(folder, 'run.lock'), 'utf8'), 10)).toBe(process.pid);
    release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('a folder in place of the lock is an error that names it', () => {
  const folder = join(root, 'folder');
  mkdirSync(join(folder, 'run.lock'), { recursive: true });
  expect(() => lockRun(folder)).toThrow(UserError);
  expect(() => lockRun(folder)).toThrow(join(folder, 'run.lock'));
});

/** Claims a folder when told to, and holds it until its input ends. */
const claimant = `
  import { lockRun } from ${JSON.stringify(module)};
  process.stdout.write('ready');
  process.stdin.on('data', (folder) => {
    try { lockRun(String(folder)); process.stdout.write('held'); } catch { process.stdout.write('refused'); }
  });
`;

test('of processes that find an old claim at one instant, one has the folder', async () => {
  const processes = [0, 1, 2].map(() => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', claimant]);
    const answers: ((text: string) => void)[] = [];
    child.stdout.on('data', (text) => answers.shift()?.(String(text)));
    return { child, answer: () => new Promise<string>((resolve) => answers.push(resolve)) };
  });
  await Promise.all(processes.map(({ answer }) => answer()));
  for (let round = 0; round < 20; round++) {
    const folder = join(root, `round ${round}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'run.lock'), `${ended}\n`);
    const told = processes.map(({ child, answer }) => {
      child.stdin.write(folder);
      return answer();
    });
    const words = await Promise.all(told);
    expect(words.filter((word) => word === 'held')).toHaveLength(1);
  }
  for (const { child } of processes) child.stdin.end();
});
