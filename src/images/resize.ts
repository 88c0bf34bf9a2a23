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
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new RangeError(`A picture cannot be resized to ${width} x ${height} pixels.`);
    }
  }
  checkSpan(part.left, part.width, width);
  checkSpan(part.top, part.height, height);
  const wide = width === image.width && part.width === width;
  const high = height === image.height && part.height === height;
  const down = high ? null : bicubicTaps(image.height, height, part.top, part.height);
  const rows = down === null ? { first: 0, count: image.height } : rowsUnder(down);
  let { data } = image;
  if (!wide) {
    const across = bicubicTaps(image.width, width, part.left, part.width);
    data = resizeRows(data, image.width, rows, across);
  } else if (rows.count < image.height) {
    data = data.subarray(3 * width * rows.first, 3 * width * (rows.first + rows.count));
  }
  if (down !== null) data = resizeColumns(data, part.width, rows.first, down);
  return { width: part.width, height: part.height, data };
}

function checkSpan(start: number, length: number, size: number): void {
  if (start >= 0 && length >= 1 && start + length <= size) return;
  throw new RangeError(`Pixels ${start} to ${start + length} are not inside a picture's ${size}.`);
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
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < to; y++) {
    sums.fill(half);
    for (let tap = 0; tap < count[y]; tap++) {
      const weight = weights[y * stride + tap];
      const source = (first[y] - firstRow + tap) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i] += imul(data[source + i], weight);
    }
    const target = y * rowLength;
    for (let i = 0; i < rowLength; i++) resized[target + i] = toByte(sums[i]);
  }
  return resized;
}

function toByte(sum: number): number {
  const value = sum >> fractionBits;
  return max(0, min(value, 255));
}

/** Taps of the resized pixels `start` … `start + length - 1` of a row of `from` that becomes one of `to`. */
function bicubicTaps(from: number, to: number, start: number, length: number): Taps {
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = 2 * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(length);
  const count = new Int32Array(length);
  const weights = new Int32Array(length * stride);
  // Pillow multiplies by the reciprocal, which rounds differently from a division.
  const perFilter = 1 / filterScale;
  for (let i = 0; i < length; i++) {
    const centre = (start + i + 0.5) * scale;
    first[i] = Math.max(Math.trunc(centre - support + 0.5), 0);
    count[i] = Math.min(Math.trunc(centre + support + 0.5), from) - first[i];
    const exact = Array.from({ length: count[i] }, (_, tap) =>
      cubic((tap + first[i] - centre + 0.5) * perFilter),
    );
    const sum = exact.reduce((total, weight) => total + weight, 0);
    exact.forEach((weight, tap) => {
      const scaled = (sum === 0 ? weight : weight / sum) * 2 ** fractionBits;
      weights[i * stride + tap] = Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    });
  }
  return { first, count, weights, stride };
}

/** Keys' cubic convolution kernel with a = -0.5. */
function cubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}
