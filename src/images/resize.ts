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

/**
 * The picture squashed or stretched to `width` x `height` by Pillow's bicubic filter (a = -0.5, widened
 * when shrinking), equal to it in every value: rows first, rounded to 8 bits, then columns.
 */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new RangeError(`A picture cannot be resized to ${width} x ${height} pixels.`);
    }
  }
  let { data } = image;
  if (width !== image.width) data = resizeRows(data, image.width, image.height, width);
  if (height !== image.height) data = resizeColumns(data, width, image.height, height);
  return { width, height, data };
}

function resizeRows(data: Uint8Array, from: number, rows: number, to: number): Uint8Array {
  const { first, count, weights, stride } = bicubicTaps(from, to);
  const resized = new Uint8Array(rows * to * 3);
  let target = 0;
  for (let y = 0; y < rows; y++) {
    const row = y * from * 3;
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

function resizeColumns(data: Uint8Array, width: number, from: number, to: number): Uint8Array {
  const { first, count, weights, stride } = bicubicTaps(from, to);
  const rowLength = width * 3;
  const resized = new Uint8Array(to * rowLength);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < to; y++) {
    sums.fill(half);
    for (let tap = 0; tap < count[y]; tap++) {
      const weight = weights[y * stride + tap];
      const source = (first[y] + tap) * rowLength;
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

function bicubicTaps(from: number, to: number): Taps {
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = 2 * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  // Pillow multiplies by the reciprocal, which rounds differently from a division.
  const perFilter = 1 / filterScale;
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
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
