import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { BoxClassifier } from '../../detectors/featureModel.js';
import { nameBoxes } from '../../eval/boxNaming.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-naming-'));
const file = join(folder, 'a.png');
beforeAll(() =>
  sharp({ create: { width: 64, height: 32, channels: 3, background: 'red' } }).toFile(file),
);
afterAll(() => rmSync(folder, { recursive: true }));

test('a box counts when its class fits best, or among five; ties count against it', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const asked: number[][] = [];
  const fits = [
    [0, -1, -2, -3, -4, -5, -6],
    [-1, -1, -2, -3, -4, -5, -6],
    [-6, -5, -4, -3, -2, -1, 0],
  ];
  const classifier: BoxClassifier = {
    sight: () => ({ imageSize: 32, patchSize: 32, scales: [1], squash: true, keepsImage: false }),
    async classify(_, boxes) {
      asked.push(...boxes.map((box) => [...box]));
      return Float64Array.from(fits.flat());
    },
  };
  const boxes = [
    [0, 0, 0.5, 1],
    [0.5, 0, 1, 1],
    [0, 0, 1, 1],
  ] as const;
  const detector = { boxClassifier: async () => classifier };
  const picture = { file, boxes, classes: [0, 0, 0] };
  const accuracy = await nameBoxes(detector, [picture], names);
  expect(asked[1]).toEqual([32, 0, 64, 32]);
  expect(accuracy).toEqual({ top1: 1 / 3, top5: 2 / 3, count: 3 });
});
