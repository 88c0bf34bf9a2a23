import all from './jest.config.js';

/** Tests with the real programs of others, which take minutes. */
export default {
  ...all,
  roots: ['<rootDir>/dist/test/clients'],
  testMatch: ['**/*.client.js'],
  testTimeout: 5 * 60_000,
  maxWorkers: 1,
};
