import { checkMaskSize, type RunLengthMask } from './runLength.js';

/** Outlines are followed on a grid this much finer than the pixels, as pycocotools does. */
const finer = 5;

/** Of the finer steps of a pixel, the one before its middle. */
const middle = 2;

/** Steps on the finer grid of one outline: a million pixels of length. */
const mostSteps = 5e6;

/**
 * The mask of a polygon, pixel by pixel what pycocotools makes of it: corners are put on a grid five times
 * as fine, cut off toward zero; the outline is followed there, and where it crosses the middle of a column of
 * pixels, runs begin and end.
 * @param corners x and y in turn, in pixels; they may lie outside the picture.
 * @throws RangeError for fewer than three corners, and for coordinates that are no numbers or far too large
 */
export function maskOfPolygon(
  corners: ArrayLike<number>,
  height: number,
  width: number,
): RunLengthMask {
  checkMaskSize(height, width);
  if (corners.length < 6 || corners.length % 2 === 1) {
    throw new RangeError(
      `A polygon must have three corners or more, with x and y each, not ${corners.length} numbers.`,
    );
  }
  const count = corners.length / 2;
  const [xs, ys] = [new Float64Array(count + 1), new Float64Array(count + 1)];
  let steps = 0;
  for (let i = 0; i <= count; i++) {
    const corner = i % count;
    xs[i] = Math.trunc(finer * corners[2 * corner] + 0.5);
    ys[i] = Math.trunc(finer * corners[2 * corner + 1] + 0.5);
    if (i > 0) steps += Math.max(Math.abs(xs[i] - xs[i - 1]), Math.abs(ys[i] - ys[i - 1])) + 1;
  }
  if (!(steps <= mostSteps)) {
    throw new RangeError('A polygon has coordinates that are no numbers, or far too large.');
  }
  const places: number[] = [];
  for (let i = 0; i < count; i++) {
    const ends = [xs[i], ys[i], xs[i + 1], ys[i + 1]] as const;
    addCrossings(ends, { height, width }, places);
  }
  return { height, width, counts: countsOf(places, height * width) };
}

/** The mask of a box: that of the polygon of its corners. @param box x, y, width, height in pixels. */
export function maskOfBox(
  [x, y, w, h]: readonly [number, number, number, number],
  height: number,
  width: number,
): RunLengthMask {
  const [right, bottom] = [x + w, y + h];
  return maskOfPolygon([x, y, x, bottom, right, bottom, right, y], height, width);
}

/**
 * Adds where an edge crosses the middles of columns: the pixels, counted column by column, before which a
 * run begins or ends.
 * @param edge x and y of its ends on the finer grid; there it has a point for each step along its longer side.
 */
function addCrossings(
  [startX, startY, endX, endY]: readonly [number, number, number, number],
  { height, width }: { height: number; width: number },
  places: number[],
): void {
  const [dx, dy] = [Math.abs(endX - startX), Math.abs(endY - startY)];
  if (dx === 0) return;
  const add = (column: number, upper: number) => {
    const row = (upper + 0.5) / finer - 0.5;
    places.push(column * height + Math.ceil(Math.min(Math.max(row, 0), height)));
  };
  // Rounding goes by the direction in which the longer side rises, whichever way the edge is followed.
  if (dx >= dy) {
    const [x, y, toX, toY] =
      startX > endX ? [endX, endY, startX, startY] : [startX, startY, endX, endY];
    const slope = (toY - y) / dx;
    const yAt = (step: number) => Math.trunc(y + slope * step + 0.5);
    const last = Math.min(width - 1, Math.floor((toX - 1 - middle) / finer));
    for (let column = Math.max(0, Math.ceil((x - middle) / finer)); column <= last; column++) {
      const step = finer * column + middle - x;
      add(column, Math.min(yAt(step), yAt(step + 1)));
    }
    return;
  }
  const [x, y, toX] = startY > endY ? [endX, endY, startX] : [startX, startY, endX];
  const slope = (toX - x) / dy;
  let before = x;
  for (let step = 1; step <= dy; step++) {
    const here = Math.trunc(x + slope * step + 0.5);
    if (here !== before) {
      const column = (Math.min(here, before) - middle) / finer;
      if (Number.isInteger(column) && column >= 0 && column < width) add(column, y + step - 1);
    }
    before = here;
  }
}

/** Lengths of the runs between places; runs of no length vanish, but the first. */
function countsOf(places: readonly number[], pixels: number): Uint32Array {
  const sorted = Float64Array.from([...places, pixels]).sort();
  const counts: number[] = [];
  let last = 0;
  for (let i = 0; i < sorted.length; i++) {
    const length = sorted[i] - last;
    last = sorted[i];
    if (length > 0 || i === 0) counts.push(length);
    else if (i + 1 < sorted.length) {
      // Two runs of the same kind meet.
      i++;
      counts[counts.length - 1] += sorted[i] - last;
      last = sorted[i];
    }
  }
  return Uint32Array.from(counts);
}
