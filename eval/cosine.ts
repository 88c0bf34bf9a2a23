import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { unitVectors } from '../src/unitVectors.js';

/** The rows of a matrix scaled to length one; rows of zeros stay. */
export function unitRows(matrix: NdArray): NdArray {
  return ndarray(unitVectors(matrix.data, matrix.shape[1]), matrix.shape);
}

/** The rows of several matrices of one width, one after the other. */
export function joinRows(matrices: readonly NdArray[]): NdArray {
  const width = matrices[0].shape[1];
  const rows = matrices.reduce((sum, { shape }) => sum + shape[0], 0);
  const joined = new Float32Array(rows * width);
  let offset = 0;
  for (const { data } of matrices) {
    joined.set(data, offset);
    offset += data.length;
  }
  return ndarray(joined, [rows, width]);
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
