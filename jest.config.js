import { mkdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Tests write thousands of small files, which a disk takes twenty times as long for as memory does.
const memory = '/dev/shm';
if (!process.env.TMPDIR && freeBytes(memory) > 4 * 2 ** 30) {
  process.env.TMPDIR = join(memory, 'fgdet-tests');
  mkdirSync(process.env.TMPDIR, { recursive: true });
}

function freeBytes(folder) {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

// What fgdet keeps in the user's cache folder, tests keep elsewhere.
process.env.XDG_CACHE_HOME = join(tmpdir(), 'fgdet-tests');

// Tests see a copy of the environment, which onnxruntime does not: see src/jit/noTelemetry.ts.
process.env.ORT_DISABLE_TELEMETRY = '1';

// With FGDET_TEST_TFJS_NODE=1 the tests run on @tensorflow/tfjs-node itself, which scripts/installTfjsNode.mjs installs.
const standIn = process.env.FGDET_TEST_TFJS_NODE
  ? {}
  : {
      '^@tensorflow/tfjs-node(-gpu)?$': '<rootDir>/test/standIns/tfjsNode.cjs',
      '^@tensorflow/tfjs-node/package\\.json$': '<rootDir>/test/standIns/tfjsNode.cjs',
    };

// It reads its settings from the real environment, of which tests see a copy.
if (process.env.FGDET_TEST_TFJS_NODE) process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';

export default {
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  testEnvironment: '<rootDir>/test/environment.cjs',
  transform: {},
  moduleNameMapper: standIn,
  testTimeout: 60_000,
  maxWorkers: 2,
};
