import { checkMaskSize, type RunLengthMask } from './runLength.js';

/** Outlines are followed on a grid this much finer than the pixels, as pycocotools does. */
const finer = 5;

/** Steps on the finer grid of one outline: about as many pixels' length as ten million. */
const mostSteps = 5e7;

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
  const crossings = new Crossings(height, width);
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
  for (let i = 0; i < count; i++) {
    followEdge([xs[i], ys[i]], [xs[i + 1], ys[i + 1]], (x, y) => crossings.goTo(x, y));
  }
  return { height, width, counts: countsOf(crossings.places, height * width) };
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

/** Visits the points of an edge from its start to its end, one for each step along its longer side. */
function followEdge(
  start: readonly [number, number],
  end: readonly [number, number],
  visit: (x: number, y: number) => void,
): void {
  const [dx, dy] = [Math.abs(end[0] - start[0]), Math.abs(end[1] - start[1])];
  const flat = dx >= dy;
  const along = flat ? 0 : 1;
  // Rounding goes by the direction in which the longer side rises, whichever way the edge is followed.
  const backwards = start[along] > end[along];
  const [from, to] = backwards ? [end, start] : [start, end];
  const length = flat ? dx : dy;
  const across = 1 - along;
  const slope = length === 0 ? 0 : (to[across] - from[across]) / length;
  for (let step = 0; step <= length; step++) {
    const t = backwards ? length - step : step;
    const other = Math.trunc(from[across] + slope * t + 0.5);
    if (flat) visit(from[0] + t, other);
    else visit(other, from[1] + t);
  }
}

/** Collects where an outline crosses the middles of columns. */
class Crossings {
  /** Pixels, counted column by column, before which a run begins or ends. */
  readonly places: number[] = [];
  readonly #height: number;
  readonly #width: number;
  #x = Number.NaN;
  #y = Number.NaN;

  constructor(height: number, width: number) {
    this.#height = height;
    this.#width = width;
  }

  /** Goes on to a point of the finer grid. */
  goTo(x: number, y: number): void {
    const [lastX, lastY] = [this.#x, this.#y];
    this.#x = x;
    this.#y = y;
    if (Number.isNaN(lastX) || x === lastX) return;
    const column = ((x < lastX ? x : x - 1) + 0.5) / finer - 0.5;
    if (!Number.isInteger(column) || column < 0 || column > this.#width - 1) return;
    const row = (Math.min(y, lastY) + 0.5) / finer - 0.5;
    this.places.push(column * this.#height + Math.ceil(Math.min(Math.max(row, 0), this.#height)));
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
