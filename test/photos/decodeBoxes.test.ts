import { ndarray } from '../../src/jit/ndarray.js';
import { decodeBoxes } from '../../src/photos/decodeBoxes.js';

const config = { side: 64, classes: 3, bins: 5 };
const channels = config.classes + 4 * config.bins;

interface Cell {
  image: number;
  map: number;
  row: number;
  column: number;
  /** Class logits. */
  logits: number[];
  /** Distances to left, top, right, bottom in strides, whole ones. */
  distances: number[];
}

/** Maps of 8, 4 and 2 cells a side for two pictures, with nothing in them but these cells. */
function maps(cells: readonly Cell[]) {
  return [8, 4, 2].map((side, map) => {
    const data = new Float32Array(2 * side * side * channels).fill(-20);
    for (const { image, row, column, logits, distances } of cells.filter(
      (one) => one.map === map,
    )) {
      const start = ((image * side + row) * side + column) * channels;
      data.set(logits, start);
      distances.forEach((distance, edge) => {
        data[start + config.classes + edge * config.bins + distance] = 20;
      });
    }
    return ndarray(data, [2, side, side, channels]);
  });
}

const cell = { image: 0, map: 1, row: 1, column: 2, logits: [0, 2, -1], distances: [1, 1, 0, 2] };

test('a box reaches from the middle of its cell as far as its distances say', () => {
  const [best] = decodeBoxes(maps([cell]), 0, config);
  // The cell is 16 pixels wide, its middle at 40, 24.
  const expected = [24, 8, 40, 56].map((pixel) => pixel / 64);
  best.box.forEach((share, i) => {
    expect(share).toBeCloseTo(expected[i], 6);
  });
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  expect([...best.scores]).toEqual([0, 2, -1].map((x) => Math.fround(sigmoid(x))));
  expect(best.quality).toBe(Math.fround(sigmoid(2)));
});

test('a distance is the mean over its bins, and boxes end at the edge of the picture', () => {
  const levels = maps([{ ...cell, row: 0, column: 3, distances: [4, 4, 4, 4] }]);
  const start = 3 * channels + config.classes;
  // As likely 1 as 4 cells to the left.
  levels[1].data[start + 1] = 20;
  const [best] = decodeBoxes(levels, 0, config);
  expect(best.box[0]).toBeCloseTo((56 - 2.5 * 16) / 64, 6);
  expect(best.box.slice(1)).toEqual([0, 1, 1]);
});

test('of boxes that overlap the best stays, whatever their classes; other pictures do not matter', () => {
  const same = { ...cell, row: 2, logits: [1.5, 0, 0], distances: [1, 2, 0, 1] };
  const elsewhere = { ...cell, row: 3, column: 0, logits: [-3, -3, -2], distances: [0, 1, 1, 0] };
  const other = { ...cell, image: 1, logits: [5, 5, 5] };
  const found = decodeBoxes(maps([elsewhere, same, cell, other]), 0, config);
  const seen = found.filter(({ quality }) => quality > 0.01);
  expect(seen.map(({ scores }) => scores.indexOf(Math.max(...scores)))).toEqual([1, 2]);
  const shares = [8, 40, 24, 56].map((pixel) => pixel / 64);
  seen[1].box.forEach((share, i) => {
    expect(share).toBeCloseTo(shares[i], 6);
  });
  expect(decodeBoxes(maps([other]), 1, config)[0].quality).toBeGreaterThan(0.99);
});
