import all from './jest.config.js';

/** Tests of FG-CLIP's released weights against what its authors published; they take minutes, on all of COCO an hour. */
export default {
  ...all,
  roots: ['<rootDir>/dist/test/released'],
  testMatch: ['**/*.released.js'],
  testTimeout: 6 * 3_600_000,
  maxWorkers: 1,
};
