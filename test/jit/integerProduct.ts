import { type NdArray, ndarray } from '../../src/jit/index.js';
import type { QuantisedColumns } from '../../src/jit/quantise.js';

/**
 * What `--precision int8` means: rows quantised with one scale and zero point (DynamicQuantizeLinear of the ONNX
 * specification, in float32), sums of products in integers, and their scaling.
 */
export function integerProduct(
  { data, shape: [rows, inner] }: NdArray,
  { values, scales, shape: [, columns] }: QuantisedColumns,
  bias?: NdArray,
): NdArray {
  let [least, most] = [0, 0];
  for (const x of data) {
    least = Math.min(least, x);
    most = Math.max(most, x);
  }
  const scale = most === least ? 1 : Math.fround(Math.fround(most - least) / 255);
  const zero = Math.min(255, Math.max(0, roundHalfToEven(Math.fround(-least / scale))));
  const bytes = Int32Array.from(data, (x) =>
    Math.min(255, Math.max(0, roundHalfToEven(Math.fround(x / scale)) + zero)),
  );
  const product = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = 0; i < inner; i++) {
        sum += (bytes[row * inner + i] - zero) * values[i * columns + column];
      }
      product[row * columns + column] = sum * scale * scales[column] + (bias?.data[column] ?? 0);
    }
  }
  return ndarray(product, [rows, columns]);
}

function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  const up = x - down > 0.5 || (x - down === 0.5 && down % 2 !== 0);
  return up ? down + 1 : down;
}
