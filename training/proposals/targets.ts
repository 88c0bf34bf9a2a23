import { levelGrids } from '../../detectors/proposals/networkConfig.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import type { Grid } from '../../src/geometry/grid.js';

const { max, min, sqrt } = Math;

/** What each location of one picture's pyramid is to learn; locations as `proposalNetwork` orders them. */
export interface LocationTargets {
  /** [locations, 4]: distances to the left, upper, right and lower side, in the level's strides. */
  distances: Float32Array;
  /** [locations]: 1 at a box's centre, 0 on its sides, and 0 where there is no box. */
  centreness: Float32Array;
  /** [locations]: 1 where there is a box. Only these locations learn. */
  positive: Float32Array;
}

/**
 * A level learns boxes whose farthest side is up to this many strides from a location, and beyond half as
 * many; the finest also those nearer, and the coarsest that a box reaches also those farther away.
 */
const reach = 8;

/**
 * Which location learns which box, as in FCOS: every location inside a box, on the level that suits the
 * box's size as seen from there; inside several boxes, the smallest. Locations outside all boxes learn
 * nothing: what is not annotated there may well be an object.
 *
 * @param boxes of one picture, in patches.
 * @param strides of the levels, in patches.
 */
export function locationTargets(
  boxes: readonly Xyxy[],
  patches: Grid,
  strides: readonly number[],
): LocationTargets {
  const grids = levelGrids(patches, strides);
  const locations = grids.reduce((sum, grid) => sum + grid.rows * grid.columns, 0);
  const distances = new Float32Array(4 * locations).fill(1);
  const centreness = new Float32Array(locations);
  const positive = new Float32Array(locations);
  // Smaller boxes are written over larger ones.
  const area = ([x1, y1, x2, y2]: Xyxy) => (x2 - x1) * (y2 - y1);
  const falling = [...boxes].sort((a, b) => area(b) - area(a));
  let first = 0;
  grids.forEach((grid, level) => {
    const stride = strides[level];
    const least = level === 0 ? 0 : reach / 2;
    for (const box of falling) {
      const coarsest = coarsestLevel(box, strides);
      if (level > coarsest) continue;
      const most = level === coarsest ? Infinity : reach;
      const [x1, y1, x2, y2] = box;
      const [top, bottom] = span(y1 / stride, y2 / stride, grid.rows);
      const [left, right] = span(x1 / stride, x2 / stride, grid.columns);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const x = column + 0.5;
          const y = row + 0.5;
          const sides = [x - x1 / stride, y - y1 / stride, x2 / stride - x, y2 / stride - y];
          const farthest = max(...sides);
          if (farthest <= least || farthest > most) continue;
          const at = first + row * grid.columns + column;
          distances.set(sides, 4 * at);
          centreness[at] = centrenessOf(sides);
          positive[at] = 1;
        }
      }
    }
    first += grid.rows * grid.columns;
  });
  return { distances, centreness, positive };
}

/** The coarsest level with a location inside the box, wherever it lies: a thin box slips between coarse ones. */
function coarsestLevel([x1, y1, x2, y2]: Xyxy, strides: readonly number[]): number {
  const side = min(x2 - x1, y2 - y1);
  return max(
    0,
    strides.findLastIndex((stride) => stride <= side),
  );
}

/** Cells whose centres lie strictly between two edges: from the first up to the second, exclusive. */
function span(low: number, high: number, cells: number): [number, number] {
  return [max(0, Math.floor(low - 0.5) + 1), min(cells, Math.ceil(high - 0.5))];
}

/** FCOS's measure: the geometric mean of nearer over farther side, across and down. */
function centrenessOf([left, top, right, bottom]: readonly number[]): number {
  return sqrt((min(left, right) / max(left, right)) * (min(top, bottom) / max(top, bottom)));
}
