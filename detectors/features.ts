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

/** The vectors from `start` up to `end`, without a copy. */
export function slice({ values, dimension }: Features, start: number, end: number): Features {
  return features(values.subarray(start * dimension, end * dimension), dimension);
}

/**
 * Dot products of every vector of `a` with every one of `b`: [a.count, b.count]. A product's value does
 * not depend on the other vectors.
 */
export function dotProducts(a: Features, b: Features): Float32Array {
  const { dimension } = a;
  const products = new Float32Array(a.count * b.count);
  const x = a.values;
  const y = b.values;
  for (let row = 0; row < a.count; row++) {
    const start = row * dimension;
    let column = 0;
    // Four products at a time read each value of `a` once for all four.
    for (; column + 4 <= b.count; column += 4) {
      const first = column * dimension;
      const second = first + dimension;
      const third = second + dimension;
      const fourth = third + dimension;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      let sum4 = 0;
      for (let i = 0; i < dimension; i++) {
        const value = x[start + i];
        sum1 += value * y[first + i];
        sum2 += value * y[second + i];
        sum3 += value * y[third + i];
        sum4 += value * y[fourth + i];
      }
      const at = row * b.count + column;
      products[at] = sum1;
      products[at + 1] = sum2;
      products[at + 2] = sum3;
      products[at + 3] = sum4;
    }
    for (; column < b.count; column++) {
      let sum = 0;
      for (let i = 0; i < dimension; i++) sum += x[start + i] * y[column * dimension + i];
      products[row * b.count + column] = sum;
    }
  }
  return products;
}
