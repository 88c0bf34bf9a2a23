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

const common = { roots: ['<rootDir>/dist/test'], transform: {} };

/** Tests with a stand-in of tfjs-node: a process has one TensorFlow, so each file gets a world of its own. */
const withStandIn = [
  'app/cli/detectProposals',
  'jit/eager',
  'jit/tfjsNode',
  'modelFamily',
  'training/tfjsNode',
].map((file) => `<rootDir>/dist/test/${file}.test.js`);

export const separate = {
  ...common,
  testMatch: withStandIn,
  testEnvironment: '<rootDir>/test/environment.cjs',
  moduleNameMapper: standIn,
};

// The others run as Node.js itself runs them, many files in one process: most of what a file takes is the loading of
// modules, which then are there. In jest's own runner small files took twice the
// processor time. Nothing ends a test that hangs.
export const together = {
  ...common,
  testMatch: ['<rootDir>/dist/test/**/*.test.js'],
  testPathIgnorePatterns: withStandIn,
  runner: ['jest-light-runner', { runtime: 'child_process' }],
  setupFiles: ['<rootDir>/test/endWithJest.mjs'],
};

export default {
  projects: [together, separate],
  // Of those in worlds of their own.
  testTimeout: 60_000,
  maxWorkers: 2,
};
