/**
 * A mask as COCO has it: lengths of runs of pixels, column by column from the top left, outside and inside
 * the object in turn, outside first. Together they make height × width.
 */
export interface RunLengthMask {
  readonly height: number;
  readonly width: number;
  readonly counts: Uint32Array;
}

/** Lengths are unsigned numbers of 32 bits. */
const mostPixels = 2 ** 32 - 1;

/**
 * Checks the size of a mask.
 * @throws RangeError for sides that are no whole numbers, or make too many pixels.
 */
export function checkMaskSize(height: number, width: number): void {
  const whole = Number.isInteger(height) && Number.isInteger(width) && height >= 0 && width >= 0;
  if (!whole || height * width > mostPixels) {
    throw new RangeError(
      `A mask's height and width must be whole numbers of at most ${mostPixels} pixels together, not ${height} × ${width}.`,
    );
  }
}

/**
 * A mask of lengths of runs.
 * @throws RangeError for lengths that are no whole numbers, or do not make height × width.
 */
export function maskOfCounts(
  counts: ArrayLike<number>,
  height: number,
  width: number,
): RunLengthMask {
  checkMaskSize(height, width);
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    if (!(Number.isInteger(counts[i]) && counts[i] >= 0)) {
      throw new RangeError(`A mask's counts[${i}] must be a whole number, not ${counts[i]}.`);
    }
    sum += counts[i];
  }
  if (sum !== height * width) {
    throw new RangeError(
      `A mask's counts make ${sum} pixels, but ${height} × ${width} are ${height * width}.`,
    );
  }
  return { height, width, counts: Uint32Array.from(counts) };
}

/** The mask of the pixels that are not 0. @param pixels [width, height]: column by column. */
export function encodeMask(
  pixels: ArrayLike<number>,
  height: number,
  width: number,
): RunLengthMask {
  const counts: number[] = [];
  let inside = false;
  let length = 0;
  for (let i = 0; i < pixels.length; i++) {
    if ((pixels[i] !== 0) !== inside) {
      counts.push(length);
      length = 0;
      inside = !inside;
    }
    length++;
  }
  counts.push(length);
  return maskOfCounts(counts, height, width);
}

/** A mask's pixels, 1 inside: [width, height], column by column. */
export function decodeMask({ height, width, counts }: RunLengthMask): Uint8Array {
  const pixels = new Uint8Array(height * width);
  let place = 0;
  counts.forEach((count, i) => {
    if (i % 2 === 1) pixels.fill(1, place, place + count);
    place += count;
  });
  return pixels;
}

/** The number of pixels inside. */
export function maskArea({ counts }: RunLengthMask): number {
  let area = 0;
  for (let i = 1; i < counts.length; i += 2) area += counts[i];
  return area;
}

/**
 * The box around a mask: x, y, width, height; zeros for an empty one. A run that goes on in the next column
 * makes it as high as the picture.
 */
export function maskBox({ height, counts }: RunLengthMask): [number, number, number, number] {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  let start = 0;
  for (let i = 1; i < counts.length; i += 2) {
    start += counts[i - 1];
    const end = start + counts[i];
    // As in pycocotools, a run of no length counts with the pixels on both its sides.
    if (end > start || start > 0) {
      const [first, last] = [Math.floor(start / height), Math.floor((end - 1) / height)];
      left = Math.min(left, first);
      right = Math.max(right, last);
      top = first < last ? 0 : Math.min(top, start % height);
      bottom = first < last ? height - 1 : Math.max(bottom, (end - 1) % height);
    }
    start = end;
  }
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1];
}
