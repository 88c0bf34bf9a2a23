import { windows } from '../../../detectors/proposals/windows.js';
import { boxIou, type Xyxy } from '../../../src/geometry/boxes.js';
import { createRandom } from '../../../src/random.js';

test.each([
  [12, 12],
  [28, 14],
  [1, 5],
  [3, 3],
])(
  'on %i × %i cells, windows lie inside, none twice, the whole among them or nearly',
  (rows, columns) => {
    const found = windows(rows, columns);
    for (const [x1, y1, x2, y2] of found) {
      expect(x1).toBeGreaterThanOrEqual(0);
      expect(y1).toBeGreaterThanOrEqual(0);
      expect(x2).toBeLessThanOrEqual(columns);
      expect(y2).toBeLessThanOrEqual(rows);
      expect(x2).toBeGreaterThan(x1);
      expect(y2).toBeGreaterThan(y1);
    }
    expect(new Set(found.map(String)).size).toBe(found.length);
    if (rows === columns) expect(found).toContainEqual([0, 0, columns, rows]);
  },
);

test('some window overlaps any object of two cells and more by more than half', () => {
  const [rows, columns] = [20, 24];
  const all = windows(rows, columns);
  const random = createRandom(5);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  for (let i = 0; i < 300; i++) {
    const height = between(2, 16);
    const width = height * between(0.5, 2);
    if (width < 2 || width > columns) continue;
    const x = between(0, columns - width);
    const y = between(0, rows - height);
    const object: Xyxy = [x, y, x + width, y + height];
    expect(Math.max(...all.map((box) => boxIou(box, object)))).toBeGreaterThan(0.5);
  }
});
