import type { Looks } from '../examples.js';
import { dotProducts, type Features, features, meanVector, normalised } from '../features.js';
import type { Evidence } from './evidence.js';

const { max, sqrt } = Math;

/** What examples ask: whether a region looks like what they have in common. */
export interface ExampleQuery {
  /** Unit image features of what shows the thing. */
  shown: Features;
  /** Unit image features of look-alikes: where one is nearer than what the examples have in common, the answer is 0. */
  unlike: Features;
  /** The mean of the other regions of their pictures, from which features are seen: all pictures have much in common. */
  middle: Float32Array;
}

export function exampleQuery({ shown, unlike, others }: Looks): ExampleQuery {
  const middle = others.count > 0 ? meanVector(others) : new Float32Array(shown.dimension);
  return { shown, unlike, middle };
}

/**
 * What image features look like: half by how likely each noun of the contrast vocabulary is, half by the feature itself,
 * seen from the middle. The nouns tell things apart, whatever their colour and surroundings; the rest tells apart what has no
 * noun. Unit vectors, [features, nouns + dimension].
 */
export function looksOf(
  { features: seen, contrast, total }: Evidence,
  middle: Float32Array,
): Features {
  const { values, dimension, count } = seen;
  const nouns = contrast.length / max(count, 1);
  const width = nouns + dimension;
  const looks = new Float32Array(count * width);
  const centred = normalised(
    features(
      values.map((value, i) => value - middle[i % dimension]),
      dimension,
    ),
  );
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < nouns; i++) {
      looks[row * width + i] = sqrt(contrast[row * nouns + i] / total[row]);
    }
    const own = centred.values.subarray(row * dimension, (row + 1) * dimension);
    looks.set(own, row * width + nouns);
  }
  return normalised(features(looks, width));
}

/**
 * How alike looks are to what examples have in common: the square of the cosine, 0..1, since a region's score is √ of this
 * times its quality.
 */
export function likenesses(looks: Features, common: Features, unlike: Features): Float32Array {
  const cosines = dotProducts(looks, common);
  const others = dotProducts(looks, unlike);
  return cosines.map((cosine, row) => {
    const own = others.subarray(row * unlike.count, (row + 1) * unlike.count);
    return own.some((other) => other > cosine) ? 0 : max(cosine, 0) ** 2;
  });
}
