import { decodeProposals } from '../../../detectors/proposals/decode.js';
import { levelGrids, outputs } from '../../../detectors/proposals/networkConfig.js';
import { boxIou, type Xyxy } from '../../../src/geometry/boxes.js';
import { createRandom } from '../../../src/random.js';
import { locationTargets } from '../../../training/proposals/targets.js';

const [rows, columns] = [9, 12];
const all = { rows, columns };
const strides = [0.25, 0.5, 1, 2];
const options = { strides, nms: 0.7 };
const [finest] = levelGrids(all, strides);

/** What a network would say that has learnt the targets of one picture perfectly. */
function perfect(boxes: readonly Xyxy[]): Float32Array {
  const { distances, centreness, positive } = locationTargets(boxes, all, strides);
  const predicted = new Float32Array(positive.length * outputs);
  positive.forEach((is, i) => {
    const logit = (p: number) => Math.log(p / (1 - p));
    for (let side = 0; side < 4; side++) {
      predicted[i * outputs + side] = Math.log(distances[4 * i + side]);
    }
    predicted[i * outputs + 4] = is ? logit(0.01 + 0.98 * centreness[i]) : -9;
    predicted[i * outputs + 5] = is ? 5 : -9;
  });
  return predicted;
}

describe('locationTargets', () => {
  test('a box of two by two patches, by hand', () => {
    const { distances, centreness, positive } = locationTargets([[2, 2, 4, 4]], all, strides);
    // The finest level has 4 × 4 locations a patch, at strides of a quarter: eight by eight lie inside.
    const at = (row: number, column: number) => row * finest.columns + column;
    const learning = (size: number) => positive.slice(0, size).reduce((sum, x) => sum + x, 0);
    expect(learning(finest.rows * finest.columns)).toBe(64);
    expect(positive[at(8, 8)]).toBe(1);
    expect(positive[at(7, 8)]).toBe(0);
    expect([...distances.subarray(4 * at(8, 9), 4 * at(8, 9) + 4)]).toEqual([1.5, 0.5, 6.5, 7.5]);
    expect(centreness[at(8, 9)]).toBeCloseTo(Math.sqrt((1.5 / 6.5) * (0.5 / 7.5)), 6);
    // Nowhere inside is a side more than two patches away, so no coarser level learns it.
    expect(positive.reduce((sum, x) => sum + x, 0)).toBe(64);
  });

  test('inside two boxes the smaller one is learnt', () => {
    const { distances } = locationTargets(
      [
        [2, 2, 4, 4],
        [1.5, 1.5, 4.5, 4.5],
      ],
      all,
      strides,
    );
    const at = 4 * (10 * finest.columns + 10);
    expect([...distances.subarray(at, at + 4)]).toEqual([2.5, 2.5, 5.5, 5.5]);
  });

  test('a picture without boxes has nothing to learn', () => {
    expect(locationTargets([], all, strides).positive.some((x) => x > 0)).toBe(false);
  });

  test('what the targets say decodes to the boxes, whatever their size and place', () => {
    const random = createRandom('targets');
    for (let round = 0; round < 200; round++) {
      const width = 0.5 + random.uniform() * (columns - 0.5);
      const height = 0.5 + random.uniform() * (rows - 0.5);
      const x = random.uniform() * (columns - width);
      const y = random.uniform() * (rows - height);
      const box: Xyxy = [x, y, x + width, y + height];
      const [best] = decodeProposals(perfect([box]), all, all, { most: 100, ...options });
      expect(boxIou(best.box, box)).toBeGreaterThan(0.9999);
    }
  });
});

describe('decodeProposals', () => {
  test('boxes are clipped to the part of the grid that the picture covers', () => {
    const box: Xyxy = [5, 3, 12, 9];
    const extent = { rows: 8, columns: 10 };
    for (const proposal of decodeProposals(perfect([box]), all, extent, { most: 50, ...options })) {
      const [x1, y1, x2, y2] = proposal.box;
      expect(Math.min(x1, y1)).toBeGreaterThanOrEqual(0);
      expect(x2).toBeLessThanOrEqual(10);
      expect(y2).toBeLessThanOrEqual(8);
    }
  });

  test('the best come first, without duplicates, at most as many as asked for', () => {
    const boxes: Xyxy[] = [
      [0, 0, 3, 3],
      [6, 1, 9, 5],
      [2, 5, 8, 9],
    ];
    const found = decodeProposals(perfect(boxes), all, all, { most: 5, ...options });
    expect(found.length).toBe(5);
    for (const box of boxes) {
      expect(Math.max(...found.slice(0, 3).map((f) => boxIou(f.box, box)))).toBeGreaterThan(0.99);
    }
    const qualities = found.map(({ quality }) => quality);
    expect(qualities).toEqual([...qualities].sort((a, b) => b - a));
  });
});
