import { together } from './jest.config.js';

/** Tests of FG-CLIP's released weights against what its authors published; they take minutes, on all of COCO an hour. */
export default {
  ...together,
  roots: ['<rootDir>/dist/test/released'],
  testMatch: ['**/*.released.js'],
  maxWorkers: 1,
};
