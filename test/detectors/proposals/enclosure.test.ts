import { Enclosure, resolution } from '../../../detectors/proposals/enclosure.js';
import { refineBox } from '../../../detectors/proposals/refine.js';
import { SummedMap } from '../../../detectors/proposals/summedMap.js';

const [rows, columns] = [4, 5];
const map = Float32Array.from('00000099900999000000'.split(''), (digit) => Number(digit) / 10);
const enclosure = new Enclosure(map, rows, columns, 0.9);

test('sums over parts of cells', () => {
  const sums = new SummedMap([1, 2, 3, 4], 2, 2);
  expect(sums.sum([0, 0, 2, 2])).toBe(10);
  expect(sums.sum([0.5, 0, 1.5, 1])).toBeCloseTo(1.5, 12);
  expect(sums.sum([-5, -5, 9, 0.5])).toBeCloseTo(1.5, 12);
});

test('a box fits best where the object ends', () => {
  expect(enclosure.of([1, 1, 4, 3])).toBeCloseTo(1, 5);
  expect(enclosure.of([1, 1, 3, 3])).toBeCloseTo(2 / 3, 5);
  expect(enclosure.of([0, 0, 5, 4])).toBeCloseTo(0.3, 5);
});

test('edges move to where the worth is highest, and stay inside the map', () => {
  const worth = (boxes: Parameters<typeof refineBox>[0][]) => boxes.map((box) => enclosure.of(box));
  const refined = refineBox([2, 1, 3, 2], rows, columns, (boxes) => worth([...boxes]));
  expect(refined.box).toEqual([1, 1, 4, 3]);
  expect(refined.worth).toBeCloseTo(1, 5);
  const largest = refineBox([1, 1, 2, 2], rows, columns, (boxes) =>
    boxes.map(([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1)),
  );
  expect(largest.box).toEqual([0, 0, columns, rows]);
});

test('a box of more cells has better known edges', () => {
  expect(resolution([0, 0, 1, 1])).toBe(0.25);
  expect(resolution([0, 0, 10, 10])).toBeCloseTo(0.9025, 6);
});
