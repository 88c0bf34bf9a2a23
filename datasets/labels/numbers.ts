import type { Xyxy } from '../../src/geometry/boxes.js';

/** Decimals of pixels: more would change with every conversion between formats. */
export const pixelDecimals = 2;

/** The number with at most so many decimals; never −0, which is written differently. */
export function rounded(value: number, decimals: number = pixelDecimals): number {
  return Number(value.toFixed(decimals)) + 0;
}

/** The corners in pixels, with at most two decimals; with all of them where a box would have no area otherwise. */
export function roundedBox([x1, y1, x2, y2]: Xyxy): Xyxy {
  const [left, right] = roundedEnds(x1, x2);
  const [top, bottom] = roundedEnds(y1, y2);
  return [left, top, right, bottom];
}

function roundedEnds(from: number, to: number): [number, number] {
  const ends: [number, number] = [rounded(from), rounded(to)];
  return from !== to && ends[0] === ends[1] ? [from, to] : ends;
}

/** A length or an area with at most two decimals; one below 1 with three digits that mean something. */
export function roundedSize(value: number): number {
  return value < 1 ? Number(value.toPrecision(3)) : rounded(value);
}

/**
 * A box as a file had it, so that it is written again to the last digit; undefined once the box was moved.
 * @param original in the format's own numbers.
 * @param boxOf how the reader gets pixels from them.
 */
export function originalBox<T>(
  original: unknown,
  box: Xyxy,
  boxOf: (original: T) => Xyxy | undefined,
): T | undefined {
  if (original === undefined) return undefined;
  const read = boxOf(original as T);
  return read?.every((side, i) => side === box[i]) ? (original as T) : undefined;
}

/** Places after the decimal point of shares and percentages: a picture of 100,000 pixels needs them all. */
export const shareDecimals = 8;
