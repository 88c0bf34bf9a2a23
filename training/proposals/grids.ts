import type { Grid } from '../../src/geometry/grid.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';

/** Sides of common grids are multiples of this, in patches, since each grid is compiled anew. */
const step = 4;

/** A grid with room for each of these. */
export function commonGrid(grids: readonly Grid[]): Grid {
  const room = (sides: number[]) => step * Math.ceil(Math.max(...sides) / step);
  return {
    rows: room(grids.map(({ rows }) => rows)),
    columns: room(grids.map(({ columns }) => columns)),
  };
}

/** Where a picture's map lies in an array [pictures, rows, columns, width]: in the top left corner of its place. */
export interface MapPlace {
  place: number;
  /** The array's. */
  grid: Grid;
  width: number;
}

/** Puts a picture's map, [own rows, own columns, width], into an array of several. */
export function putMap(map: Float32Array, own: Grid, all: Float32Array, at: MapPlace): void {
  for (const { inMap, inAll, length } of lines(own, at)) {
    all.set(map.subarray(inMap, inMap + length), inAll);
  }
}

/** A picture's map out of such an array. */
export function takeMap(all: Float32Array, own: Grid, at: MapPlace): Float32Array {
  const map = new Float32Array(own.rows * own.columns * at.width);
  for (const { inMap, inAll, length } of lines(own, at)) {
    map.set(all.subarray(inAll, inAll + length), inMap);
  }
  return map;
}

function* lines(own: Grid, { place, grid, width }: MapPlace) {
  const length = own.columns * width;
  for (let row = 0; row < own.rows; row++) {
    const inAll = (place * grid.rows + row) * grid.columns * width;
    yield { inMap: row * length, inAll, length };
  }
}

/**
 * For each level of a proposal network, 1 at the locations that a picture's own grid has and 0 at those beyond:
 * [pictures, rows, columns, 1].
 * @param strides of the levels, in patches.
 */
export function levelMasks(
  grids: readonly Grid[],
  common: Grid,
  strides: readonly number[],
): NdArray[] {
  return strides.map((stride) => {
    const [rows, columns] = [common.rows, common.columns].map((side) => Math.ceil(side / stride));
    const mask = new Float32Array(grids.length * rows * columns);
    grids.forEach((own, picture) => {
      const across = Math.ceil(own.columns / stride);
      for (let row = 0; row < Math.ceil(own.rows / stride); row++) {
        const start = (picture * rows + row) * columns;
        mask.fill(1, start, start + across);
      }
    });
    return ndarray(mask, [grids.length, rows, columns, 1]);
  });
}
