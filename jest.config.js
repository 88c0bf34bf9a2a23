import { tmpdir } from 'node:os';
import { join } from 'node:path';

// What fgdet keeps in the user's cache folder, tests keep elsewhere.
process.env.XDG_CACHE_HOME = join(tmpdir(), 'fgdet-tests');

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
