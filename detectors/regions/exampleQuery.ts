import type { Looks } from '../examples.js';
import { dotProducts, type Features, features, meanVector, normalised, pick } from '../features.js';
import type { Query } from './classifier.js';

/** Of the further regions, the share most like the examples that is left out: some may show the same thing. */
const doubtful = 0.1;

/**
 * What examples ask: whether a region is more like what they have in common than like the other regions of their
 * pictures, and the contrast vocabulary.
 */
export function exampleQuery({ shown, unlike, others }: Looks): Query {
  const common = normalised(features(meanVector(shown), shown.dimension));
  const counterparts = others.count > 0 ? withoutLikest(others, common) : others;
  return {
    phrasings: common,
    counterparts,
    negatives: unlike,
    leftOut: new Set(),
    ...(counterparts.count > 0 && { middle: meanVector(counterparts) }),
  };
}

/** What words and examples ask together: each example counts as much as the words do. */
export function withExamples(words: Query, looks: Looks): Query {
  const { count } = looks.shown;
  return { ...words, examples: { query: exampleQuery(looks), share: count / (count + 1) } };
}

function withoutLikest(others: Features, common: Features): Features {
  const cosines = dotProducts(others, common);
  const byLikeness = [...cosines.keys()].sort((a, b) => cosines[a] - cosines[b]);
  const kept = Math.ceil(others.count * (1 - doubtful));
  return pick(others, byLikeness.slice(0, kept));
}
