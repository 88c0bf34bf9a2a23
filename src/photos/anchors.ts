import { articleFor } from '../text/article.js';
import { unitVectors } from '../unitVectors.js';

/** The text network: unit vectors of texts, [texts, width]. */
export type TextVectors = (texts: readonly string[]) => Promise<Float32Array>;

/** A bare name as the text network is asked for it: "a dog", "an apple". */
export function asked(name: string): string {
  return `${articleFor(name)} ${name}`;
}

/**
 * What the names of classes mean: the mean of each one's synonyms, which stand between commas.
 * @returns [names, width]: unit vectors, no mean taken off
 */
export async function nameVectors(
  textVectors: TextVectors,
  names: readonly string[],
  width: number,
): Promise<Float32Array> {
  const synonyms = names.map((name) => name.split(',').map((one) => one.trim()));
  const vectors = await textVectors(synonyms.flat().map(asked));
  const sums = new Float64Array(names.length * width);
  let row = 0;
  for (const [index, { length }] of synonyms.entries()) {
    for (const end = row + length; row < end; row++) {
      for (let i = 0; i < width; i++) sums[index * width + i] += vectors[row * width + i];
    }
  }
  return unitVectors(sums, width);
}

/** The mean of vectors, [vectors, width] → [width]. */
export function meanVector(vectors: Float32Array, width: number): Float32Array {
  const sum = new Float64Array(width);
  for (let i = 0; i < vectors.length; i++) sum[i % width] += vectors[i];
  return Float32Array.from(sum, (value) => (value * width) / vectors.length);
}

/** Vectors without their common mean, as unit vectors again. */
export function centred(vectors: Float32Array, mean: Float32Array): Float32Array {
  const width = mean.length;
  return unitVectors(
    Float64Array.from(vectors, (value, i) => value - mean[i % width]),
    width,
  );
}
