import type { Xyxy } from '../geometry/boxes.js';
import type { RgbImage } from './rgbImage.js';

const { imul, max, min } = Math;

/** Weights are whole multiples of 2^-22, as in Pillow: sums of 8-bit pixels then fit 32 bits. */
const fractionBits = 22;
const half = 1 << (fractionBits - 1);

/** Which pixels of a row (or column) each resized pixel is made of. */
interface Taps {
  /** Index of the first pixel, for each resized pixel. */
  first: Int32Array;
  /** How many pixels there are from there on, for each resized pixel. */
  count: Int32Array;
  /** [resized pixels, stride], fixed point. */
  weights: Int32Array;
  stride: number;
}

/** A part of a picture, in whole pixels. */
export interface PixelRect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** How much a pixel counts by its distance from a resized pixel's centre, in pixels of the smaller grid. */
interface Filter {
  /** The distance from which on it is zero. */
  support: number;
  weight(distance: number): number;
}

/** Keys' cubic convolution kernel with a = -0.5. */
const bicubic: Filter = {
  support: 2,
  weight(distance) {
    const a = -0.5;
    const x = Math.abs(distance);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
  },
};

const bilinear: Filter = { support: 1, weight: (distance) => max(0, 1 - Math.abs(distance)) };

/**
 * The picture squashed or stretched to `width` x `height` by Pillow's bicubic filter (a = -0.5, widened
 * when shrinking), equal to it in every value: rows first, rounded to 8 bits, then columns.
 * @param part what is wanted of the resized picture; only that is computed. Default: all of it.
 */
export function resizeBicubic(
  image: RgbImage,
  width: number,
  height: number,
  part: PixelRect = { left: 0, top: 0, width, height },
): RgbImage {
  const across = sideOf(image.width, width, part.left, part.width);
  const down = sideOf(image.height, height, part.top, part.height);
  return resize(image, bicubic, across, down);
}

/**
 * What is inside a box of the picture, squashed or stretched to `width` x `height` by Pillow's bilinear filter
 * (a triangle, widened when shrinking), equal to its `resize(size, BILINEAR, box)` in every value. Only the pixels
 * under the box are read.
 * @param box in pixels and fractions of them. Default: all of the picture.
 * @throws RangeError for a box that is empty or reaches outside.
 */
export function resizeBilinear(
  image: RgbImage,
  width: number,
  height: number,
  box: Xyxy = [0, 0, image.width, image.height],
): RgbImage {
  // As Pillow has them.
  const [x1, y1, x2, y2] = box.map(Math.fround);
  const across = { ...sideOf(image.width, width), begin: x1, end: x2 };
  const down = { ...sideOf(image.height, height), begin: y1, end: y2 };
  for (const { begin, end, from } of [across, down]) {
    if (!(begin >= 0 && begin < end && end <= from)) {
      throw new RangeError(
        `A picture of ${image.width} x ${image.height} pixels has no part [${box.join(', ')}].`,
      );
    }
  }
  return resize(image, bilinear, across, down);
}

/** How one side of a picture changes. */
interface Side {
  /** Its length in pixels. */
  from: number;
  /** What is resized of it. */
  begin: number;
  end: number;
  /** The length that becomes. */
  to: number;
  /** The resized pixels that are wanted. */
  start: number;
  length: number;
}

function sideOf(from: number, to: number, start = 0, length = to): Side {
  if (!Number.isInteger(to) || to < 1) {
    throw new RangeError(`A picture's side cannot be resized to ${to} pixels.`);
  }
  if (start < 0 || length < 1 || start + length > to) {
    throw new RangeError(`Pixels ${start} to ${start + length} are not inside a picture's ${to}.`);
  }
  return { from, begin: 0, end: from, to, start, length };
}

function isUnchanged({ from, begin, end, to, length }: Side): boolean {
  return begin === 0 && end === from && to === from && length === to;
}

function resize(image: RgbImage, filter: Filter, across: Side, down: Side): RgbImage {
  const { width } = image;
  const columnTaps = isUnchanged(down) ? null : tapsOf(down, filter);
  const rows = columnTaps === null ? { first: 0, count: image.height } : rowsUnder(columnTaps);
  let { data } = image;
  if (!isUnchanged(across)) {
    data = resizeRows(data, width, rows, tapsOf(across, filter));
  } else if (rows.count < image.height) {
    data = data.subarray(3 * width * rows.first, 3 * width * (rows.first + rows.count));
  }
  if (columnTaps !== null) data = resizeColumns(data, across.length, rows.first, columnTaps);
  return { width: across.length, height: down.length, data };
}

/** Consecutive rows of a picture. */
interface Rows {
  first: number;
  count: number;
}

/** The rows that `taps` reads. */
function rowsUnder({ first, count }: Taps): Rows {
  const last = first.length - 1;
  return { first: first[0], count: first[last] + count[last] - first[0] };
}

function resizeRows(data: Uint8Array, from: number, rows: Rows, taps: Taps): Uint8Array {
  const { first, count, weights, stride } = taps;
  const to = first.length;
  const resized = new Uint8Array(rows.count * to * 3);
  let target = 0;
  for (let y = 0; y < rows.count; y++) {
    const row = (rows.first + y) * from * 3;
    for (let x = 0; x < to; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let source = row + first[x] * 3;
      const end = x * stride + count[x];
      for (let tap = x * stride; tap < end; tap++, source += 3) {
        const weight = weights[tap];
        red = (red + imul(data[source], weight)) | 0;
        green = (green + imul(data[source + 1], weight)) | 0;
        blue = (blue + imul(data[source + 2], weight)) | 0;
      }
      resized[target++] = toByte(red);
      resized[target++] = toByte(green);
      resized[target++] = toByte(blue);
    }
  }
  return resized;
}

/** @param firstRow the row of the picture that `data` begins with. */
function resizeColumns(data: Uint8Array, width: number, firstRow: number, taps: Taps): Uint8Array {
  const { first, count, weights, stride } = taps;
  const to = first.length;
  const rowLength = width * 3;
  const resized = new Uint8Array(to * rowLength);
  // Writing to it clamps.
  const bytes = new Uint8ClampedArray(resized.buffer);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < to; y++) {
    const last = count[y] - 1;
    const row = (tap: number) => (first[y] - firstRow + min(tap, last)) * rowLength;
    const weight = (tap: number) => (tap <= last ? weights[y * stride + tap] : 0);
    const target = y * rowLength;
    sums.fill(half);
    // Four rows at a time: sums are read and written less often.
    for (let tap = 0; tap <= last; tap += 4) {
      const [row1, row2, row3, row4] = [row(tap), row(tap + 1), row(tap + 2), row(tap + 3)];
      const [weight1, weight2] = [weight(tap), weight(tap + 1)];
      const [weight3, weight4] = [weight(tap + 2), weight(tap + 3)];
      for (let i = 0; i < rowLength; i++) {
        sums[i] +=
          imul(data[row1 + i], weight1) +
          imul(data[row2 + i], weight2) +
          imul(data[row3 + i], weight3) +
          imul(data[row4 + i], weight4);
      }
    }
    for (let i = 0; i < rowLength; i++) bytes[target + i] = sums[i] >> fractionBits;
  }
  return resized;
}

function toByte(sum: number): number {
  const value = sum >> fractionBits;
  return max(0, min(value, 255));
}

/** Taps of the wanted pixels of a row. */
function tapsOf({ from, begin, end, to, start, length }: Side, filter: Filter): Taps {
  const scale = Math.fround(end - begin) / to;
  const filterScale = max(scale, 1);
  const support = filter.support * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(length);
  const count = new Int32Array(length);
  const weights = new Int32Array(length * stride);
  // Pillow multiplies by the reciprocal, which rounds differently from a division.
  const perFilter = 1 / filterScale;
  for (let i = 0; i < length; i++) {
    const centre = begin + (start + i + 0.5) * scale;
    first[i] = max(Math.trunc(centre - support + 0.5), 0);
    count[i] = min(Math.trunc(centre + support + 0.5), from) - first[i];
    const exact = Array.from({ length: count[i] }, (_, tap) =>
      filter.weight((tap + first[i] - centre + 0.5) * perFilter),
    );
    const sum = exact.reduce((total, weight) => total + weight, 0);
    exact.forEach((weight, tap) => {
      const scaled = (sum === 0 ? weight : weight / sum) * 2 ** fractionBits;
      weights[i * stride + tap] = Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    });
  }
  return { first, count, weights, stride };
}
