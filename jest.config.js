export default {
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  testEnvironment: '<rootDir>/test/environment.cjs',
  transform: {},
  testTimeout: 60_000,
  maxWorkers: 2,
};
