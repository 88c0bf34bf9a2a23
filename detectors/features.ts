import { unitVectors } from '../src/unitVectors.js';

/** Feature vectors, one after the other, each of length `dimension`. */
export interface Features {
  readonly values: Float32Array;
  readonly dimension: number;
  readonly count: number;
}

/** Views `values` as vectors of length `dimension`. */
export function features(values: Float32Array, dimension: number): Features {
  return { values, dimension, count: values.length / dimension };
}

/** The vectors scaled to length one; a zero vector stays zero. */
export function normalised({ values, dimension, count }: Features): Features {
  return { values: unitVectors(values, dimension), dimension, count };
}

/** The vectors of several sets, in order. */
export function concatenated(sets: readonly Features[]): Features {
  const [{ dimension }] = sets;
  const values = new Float32Array(sets.reduce((sum, set) => sum + set.values.length, 0));
  let offset = 0;
  for (const set of sets) {
    values.set(set.values, offset);
    offset += set.values.length;
  }
  return features(values, dimension);
}

/** The mean of each vector over several sets. */
export function meanOfSets(sets: readonly Features[]): Features {
  const [{ values, dimension }] = sets;
  if (sets.length === 1) return sets[0];
  const sum = new Float32Array(values.length);
  for (const set of sets) {
    for (let i = 0; i < sum.length; i++) sum[i] += set.values[i] / sets.length;
  }
  return features(sum, dimension);
}

/** The vectors from `start` up to `end`, without a copy. */
export function slice({ values, dimension }: Features, start: number, end: number): Features {
  return features(values.subarray(start * dimension, end * dimension), dimension);
}

/** The mean of the vectors. */
export function meanVector({ values, dimension, count }: Features): Float32Array {
  const mean = new Float32Array(dimension);
  for (let i = 0; i < values.length; i++) mean[i % dimension] += values[i] / count;
  return mean;
}

/** Each vector by itself, without a copy. */
export function vectorsOf({ values, dimension, count }: Features): Float32Array[] {
  return Array.from({ length: count }, (_, row) =>
    values.subarray(row * dimension, (row + 1) * dimension),
  );
}

/** The vectors at some indices. */
export function pick({ values, dimension }: Features, indices: readonly number[]): Features {
  const picked = new Float32Array(indices.length * dimension);
  indices.forEach((index, row) => {
    picked.set(values.subarray(index * dimension, (index + 1) * dimension), row * dimension);
  });
  return features(picked, dimension);
}

/**
 * Dot products of every vector of `a` with every one of `b`: [a.count, b.count]. A product's value does
 * not depend on the other vectors.
 */
export function dotProducts(a: Features, b: Features): Float32Array {
  const { dimension, count: rows } = a;
  const columns = b.count;
  const products = new Float32Array(rows * columns);
  const x = a.values;
  const y = b.values;
  for (let column = 0; column < columns; column++) {
    const other = column * dimension;
    let row = 0;
    // Sums of four products at a time do not wait for one another.
    for (; row + 4 <= rows; row += 4) {
      const first = row * dimension;
      const second = first + dimension;
      const third = second + dimension;
      const fourth = third + dimension;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      let sum4 = 0;
      for (let i = 0; i < dimension; i++) {
        const value = y[other + i];
        sum1 += x[first + i] * value;
        sum2 += x[second + i] * value;
        sum3 += x[third + i] * value;
        sum4 += x[fourth + i] * value;
      }
      const at = row * columns + column;
      products[at] = sum1;
      products[at + columns] = sum2;
      products[at + 2 * columns] = sum3;
      products[at + 3 * columns] = sum4;
    }
    for (; row < rows; row++) {
      let sum = 0;
      for (let i = 0; i < dimension; i++) sum += x[row * dimension + i] * y[other + i];
      products[row * columns + column] = sum;
    }
  }
  return products;
}
