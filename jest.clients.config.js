import { together } from './jest.config.js';

/** Tests with the real programs of others, which take minutes. */
export default {
  ...together,
  roots: ['<rootDir>/dist/test/clients'],
  testMatch: ['**/*.client.js'],
  maxWorkers: 1,
};
