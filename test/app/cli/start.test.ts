import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../../src/files/packageRoot.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cli = fileURLToPath(new URL('../../../app/cli/fgdet.js', import.meta.url));

/** Says on stderr which modules a process loads. */
const hooks = `export async function load(url, context, next) {
  process._rawDebug('loads ' + url);
  return next(url, context);
}`;
const register = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));`;

/** Runs fgdet. @returns what it printed, and the modules that it loaded. */
const loadedBy = (...args: string[]) => modulesOf(cli, ...args);

/** Runs Node.js with these words. */
function modulesOf(...words: string[]): { stdout: string; modules: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(register)}`, ...words],
    { encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: folder } },
  );
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const modules = stderr.split('\n').filter((line) => line.startsWith('loads '));
  expect(modules.length).toBeGreaterThan(20);
  return { stdout, modules: modules.join('\n') };
}

const engine = /@tensorflow|onnxruntime|sharp/;

test.each(['--help', 'detect --help', 'train --help', 'serve --help'])(
  'fgdet %s loads no engine',
  (words) => {
    const { stdout, modules } = loadedBy(...words.split(' '));
    expect(stdout).toMatch(/fgdet/);
    expect(modules).not.toMatch(engine);
  },
);

test('fgdet score loads no engine', () => {
  const object = {
    id: 1,
    image_id: 1,
    category_id: 1,
    bbox: [1, 2, 30, 40],
    area: 1200,
    iscrowd: 0,
  };
  const truth = {
    images: [{ id: 1, file_name: 'a.jpg', width: 90, height: 90 }],
    categories: [{ id: 1, name: 'a' }],
    annotations: [object],
  };
  const found = [{ image_id: 1, category_id: 1, bbox: [1, 2, 30, 40], score: 0.5 }];
  const [gt, dt] = [join(folder, 'gt.json'), join(folder, 'dt.json')];
  writeFileSync(gt, JSON.stringify(truth));
  writeFileSync(dt, JSON.stringify(found));
  const { stdout, modules } = loadedBy('score', 'coco', '--gt', gt, '--dt', dt);
  expect(stdout).toMatch(/1\.000/);
  expect(modules).not.toMatch(engine);
});

test('the package itself loads no tfjs', () => {
  const { href } = new URL('../../../app/index.js', import.meta.url);
  const { stdout, modules } = modulesOf(
    '--input-type=module',
    '-e',
    `
    const { loadDetector, jit } = await import(${JSON.stringify(href)});
    console.log(typeof loadDetector, typeof jit);`,
  );
  expect(stdout).toBe('function function\n');
  expect(modules).not.toMatch(/@tensorflow/);
});

test('a second fgdet detect traces nothing, and finds the same', () => {
  const words = [
    'detect',
    join(packageRoot, 'samples/coffee.jpg'),
    '-p',
    'a cup of coffee',
    '--json',
  ];
  const first = loadedBy(...words);
  expect(first.modules).toMatch(/@tensorflow/);
  const second = loadedBy(...words);
  expect(second.stdout).toBe(first.stdout);
  expect(second.modules).toMatch(/onnxruntime/);
  expect(second.modules).not.toMatch(/@tensorflow|protobuf|tracer/);
  const without = loadedBy(...words, '--no-graph-cache');
  expect(without.stdout).toBe(first.stdout);
  expect(without.modules).toMatch(/@tensorflow/);
});
