import { colourOf } from './colourMap.js';

/** The values at the two ends of the colours. */
export interface Range {
  min: number;
  max: number;
}

/** Values spread evenly over a picture: [rows, columns]. */
export interface Grid {
  map: ArrayLike<number>;
  rows: number;
  columns: number;
}

/** The map's least and greatest value. */
export function rangeOf(map: Iterable<number>): Range {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of map) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return { min, max };
}

/** The map is made smooth at this many pixels on its longer side; the canvas does the rest. */
const smoothSide = 768;

/** The size at which a picture's map is made smooth. */
export function smoothSize(size: { width: number; height: number }): {
  width: number;
  height: number;
} {
  const shrink = Math.min(1, smoothSide / Math.max(size.width, size.height));
  const of = (side: number) => Math.max(1, Math.round(side * shrink));
  return { width: of(size.width), height: of(size.height) };
}

/** Fills RGBA pixels with the map's colours. Low values let the picture through, high ones cover it. */
export function fillHeatmap(
  pixels: { data: Uint8ClampedArray; width: number; height: number },
  grid: Grid,
  range: Range,
): void {
  const { data, width, height } = pixels;
  smoothed(grid, height, width).forEach((value, i) => {
    const share = shareOf(value, range);
    data.set(colourOf(share), 4 * i);
    data[4 * i + 3] = 255 * (0.35 + 0.4 * share);
  });
}

/** Where a value lies between the ends, 0..1; a value that is not a number counts as the least. */
function shareOf(value: number, { min, max }: Range): number {
  if (!(max > min) || Number.isNaN(value)) return 0;
  return Math.max(0, Math.min((value - min) / (max - min), 1));
}

/**
 * The grid resampled to `rows` x `columns` by the cubic B-spline, which rounds off steps and adds no
 * peaks that are not in the map.
 */
function smoothed(grid: Grid, rows: number, columns: number): Float32Array {
  const across = splineTaps(grid.columns, columns);
  const down = splineTaps(grid.rows, rows);
  const wide = new Float32Array(grid.rows * columns);
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (const { from, weight } of across[column]) {
        sum += weight * grid.map[row * grid.columns + from];
      }
      wide[row * columns + column] = sum;
    }
  }
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (const { from, weight } of down[row]) {
      for (let column = 0; column < columns; column++) {
        result[row * columns + column] += weight * wide[from * columns + column];
      }
    }
  }
  return result;
}

function splineTaps(from: number, to: number): { from: number; weight: number }[][] {
  return Array.from({ length: to }, (_, i) => {
    const position = ((i + 0.5) * from) / to - 0.5;
    const cell = Math.floor(position);
    const t = position - cell;
    const weights = [
      (1 - t) ** 3,
      3 * t ** 3 - 6 * t ** 2 + 4,
      -3 * t ** 3 + 3 * t ** 2 + 3 * t + 1,
      t ** 3,
    ];
    return weights.map((weight, tap) => ({
      from: Math.max(0, Math.min(cell - 1 + tap, from - 1)),
      weight: weight / 6,
    }));
  });
}
