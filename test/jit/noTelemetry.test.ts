import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/files/packageRoot.js';

const jit = new URL('../../src/jit/index.js', import.meta.url).href;
const compute = `import('@tensorflow/tfjs-core').then(async (tf) => {
  const { jit, ndarray } = await import(${JSON.stringify(jit)});
  await jit((x) => tf.add(x, x), { device: 'cpu', name: 'twice' })(ndarray(Float32Array.of(1), [1]));
})`;

test.each([
  ['a process', `await ${compute}`],
  [
    'a thread of its own',
    `const { Worker } = await import('node:worker_threads');
     new Worker(${JSON.stringify(compute)}, { eval: true });`,
  ],
])('onnxruntime notes nothing of %s', (_, program) => {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-telemetry-'));
  const { ORT_DISABLE_TELEMETRY: _set, ...rest } = process.env;
  const env = { ...rest, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: folder };
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { env, encoding: 'utf8', cwd: packageRoot },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
