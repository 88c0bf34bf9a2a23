/** A matrix in signed bytes: weight ≈ value · scale of its column. */
export interface QuantisedColumns {
  /** Row-major, -127 to 127. */
  values: Int8Array;
  scales: Float32Array;
  shape: [inner: number, columns: number];
}

/**
 * Quantises a weight matrix to int8, symmetrically with one scale per output column.
 * @param weight row-major values of `shape`.
 * @param transposed the matrix is stored as [columns, inner], as linear layers keep it.
 */
export function quantiseColumns(
  weight: Float32Array,
  shape: readonly number[],
  transposed: boolean,
): QuantisedColumns {
  const [inner, columns] = transposed ? [shape[1], shape[0]] : [shape[0], shape[1]];
  const [rowStep, columnStep] = transposed ? [1, inner] : [columns, 1];
  const values = new Int8Array(weight.length);
  const scales = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    let largest = 0;
    for (let row = 0; row < inner; row++) {
      largest = Math.max(largest, Math.abs(weight[row * rowStep + column * columnStep]));
    }
    const scale = largest > 0 ? largest / 127 : 1;
    scales[column] = scale;
    for (let row = 0; row < inner; row++) {
      values[row * columns + column] = Math.round(
        weight[row * rowStep + column * columnStep] / scale,
      );
    }
  }
  return { values, scales, shape: [inner, columns] };
}
