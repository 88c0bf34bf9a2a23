import all from './jest.config.js';

/** Tests that start processes or browsers, train, or compile hundreds of graphs. */
const slow = [
  'app/cli/',
  'app/prelabel/prelabel',
  'app/server/',
  'bench/',
  'checkpoints/safetensors',
  'datasets/generate',
  'datasets/labels/roundTrips',
  'detectors/(detector|largePicture|pictureReader)\\.',
  'eval/score/hostileFiles',
  'images/draw',
  'jit/(operators|gradients|byteProduct)\\.',
  'ranks/',
  'training/',
];

export default {
  ...all,
  testPathIgnorePatterns: slow.map((pattern) => `/dist/test/${pattern}`),
};
