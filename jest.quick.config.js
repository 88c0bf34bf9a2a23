import all, { together } from './jest.config.js';

/** Tests that start processes or browsers, train, draw, or compile many graphs; and comparisons with the reference. */
const slow = [
  'app/',
  'bench/',
  'checkpoints/',
  'datasets/(composition|expressions|generate|records|scenes)',
  'datasets/labels/(conversions|roundTrips|unknownFields)',
  'detectors/(detector|largePicture|letterbox|pictureReader|proposals|rescore|shippedModel)',
  'eval/score/hostileFiles',
  'fgclip/',
  'fuzz/',
  'images/',
  'jit/(byteProduct|gradients|operators)\\.',
  'nn/',
  'photos/model',
  'ranks/',
  'training/',
  '.*\\.parity\\.',
];

export default {
  ...all,
  projects: [
    {
      ...together,
      testPathIgnorePatterns: [
        ...together.testPathIgnorePatterns,
        ...slow.map((pattern) => `/dist/test/${pattern}`),
      ],
    },
  ],
};
