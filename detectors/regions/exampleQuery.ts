import type { Looks } from '../examples.js';
import { dotProducts, type Features, features, meanVector, normalised } from '../features.js';
import type { Evidence } from './evidence.js';

const { floor, hypot, max, min, sqrt, SQRT2 } = Math;

/** A feature at the middle has no direction. */
const tiny = 1e-6;

/** What examples ask: whether a region looks like what they have in common. */
export interface ExampleQuery {
  /** Unit image features of what shows the thing. */
  shown: Features;
  /** Unit image features of look-alikes: where one is nearer than all of the examples, the answer is 0. */
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
 * noun.
 */
interface Look {
  /** The square roots of the nouns' probabilities: a unit vector. */
  profiles: Features;
  /** Unit vectors, too. */
  own: Features;
}

/** What examples look like. */
export interface ExampleLooks {
  /** What those that show the thing have in common: one look. */
  common: Look;
  shown: Look;
  unlike: Look;
}

export function profilesOf({ contrast, total }: Evidence): Features {
  const nouns = contrast.length / max(total.length, 1);
  const profiles = Float32Array.from(contrast, (value, i) => sqrt(value / total[floor(i / nouns)]));
  return { values: profiles, dimension: nouns, count: total.length };
}

/** @param shown,unlike evidence of the query's. */
export function exampleLooks(
  shown: Evidence,
  unlike: Evidence,
  { middle }: ExampleQuery,
): ExampleLooks {
  const of = (evidence: Evidence): Look => {
    const { values, dimension } = evidence.features;
    const centred = values.map((value, i) => value - middle[i % dimension]);
    return { profiles: profilesOf(evidence), own: normalised(features(centred, dimension)) };
  };
  const each = of(shown);
  const [profile, direction] = [meanVector(each.profiles), meanVector(each.own)];
  const length = hypot(...[profile, direction].map((mean) => hypot(...mean))) / SQRT2;
  const share = (mean: Float32Array) =>
    features(
      mean.map((value) => value / length),
      mean.length,
    );
  const common = { profiles: share(profile), own: share(direction) };
  return { common, shown: each, unlike: of(unlike) };
}

/**
 * How alike image features are to what examples have in common: the square of the cosine, 0..1, since a region's score is √
 * of this times its quality.
 * @param profiles of the evidence.
 */
export function likenesses(
  { features: seen }: Evidence,
  profiles: Features,
  { common, shown, unlike }: ExampleLooks,
  { middle }: ExampleQuery,
): Float32Array {
  const from = features(middle, middle.length);
  const toMiddle = dotProducts(seen, from);
  const [square] = dotProducts(from, from);
  /** Cosines with each of some looks: of two halves, each of length one. */
  const cosinesTo = ({ profiles: nouns, own }: Look): Float32Array => {
    const direct = dotProducts(seen, own);
    const offset = dotProducts(own, from);
    return dotProducts(profiles, nouns).map((byNouns, i) => {
      const row = floor(i / own.count);
      const length = sqrt(max(1 - 2 * toMiddle[row] + square, tiny));
      return (byNouns + (direct[i] - offset[i % own.count]) / length) / 2;
    });
  };
  const cosines = cosinesTo(common);
  const { count } = unlike.own;
  const [likest, unlikest] = [shown, unlike].map((looks) =>
    count > 0 ? greatestOfRows(cosinesTo(looks), looks.own.count) : cosines,
  );
  return cosines.map((cosine, row) => {
    const isUnlike = unlikest[row] > max(cosine, likest[row]);
    return isUnlike ? 0 : min(max(cosine, 0), 1) ** 2;
  });
}

function greatestOfRows(values: Float32Array, columns: number): Float32Array {
  return Float32Array.from({ length: values.length / columns }, (_, row) =>
    max(...values.subarray(row * columns, (row + 1) * columns)),
  );
}
