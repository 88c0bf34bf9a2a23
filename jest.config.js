import { tmpdir } from 'node:os';
import { join } from 'node:path';

// What fgdet keeps in the user's cache folder, tests keep elsewhere.
process.env.XDG_CACHE_HOME = join(tmpdir(), 'fgdet-tests');

export default {
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  testEnvironment: '<rootDir>/test/environment.cjs',
  transform: {},
  testTimeout: 60_000,
  maxWorkers: 2,
};
