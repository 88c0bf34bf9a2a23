import { type NdArray, ndarray } from '../src/jit/ndarray.js';

/** The rows of a matrix scaled to length one; rows of zeros stay. */
export function unitRows(matrix: NdArray): NdArray {
  const [rows, width] = matrix.shape;
  const data = Float32Array.from(matrix.data);
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * width, (row + 1) * width);
    const length = Math.hypot(...values);
    if (length > 0) for (let i = 0; i < width; i++) values[i] /= length;
  }
  return ndarray(data, [rows, width]);
}

/** The dot product of a row of `a` with a row of `b`. */
export function rowProduct(a: NdArray, rowA: number, b: NdArray, rowB: number): number {
  const width = a.shape[1];
  const [x, y] = [a.data, b.data];
  let sum = 0;
  for (let i = 0; i < width; i++) sum += x[rowA * width + i] * y[rowB * width + i];
  return sum;
}

/**
 * How many rows of `candidates` are at least as close to a query as the right one, not counting itself;
 * 0 is a hit at the first place. Ties count against the query.
 */
export function rankOf(
  queries: NdArray,
  query: number,
  candidates: NdArray,
  right: number,
): number {
  const own = rowProduct(queries, query, candidates, right);
  let better = 0;
  for (let other = 0; other < candidates.shape[0]; other++) {
    if (other !== right && rowProduct(queries, query, candidates, other) >= own) better++;
  }
  return better;
}
