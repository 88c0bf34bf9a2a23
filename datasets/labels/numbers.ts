import type { Xyxy } from '../../src/geometry/boxes.js';

/** Decimals of pixels: more would change with every conversion between formats. */
export const pixelDecimals = 2;

/** The number with at most so many decimals; never −0, which is written differently. */
export function rounded(value: number, decimals: number = pixelDecimals): number {
  return Number(value.toFixed(decimals)) + 0;
}

/** The corners in pixels, with at most two decimals. */
export function roundedBox([x1, y1, x2, y2]: Xyxy): Xyxy {
  return [rounded(x1), rounded(y1), rounded(x2), rounded(y2)];
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
