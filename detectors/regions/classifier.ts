import { dotProducts, type Features, normalised } from '../features.js';

const { exp, max } = Math;

/** What a region or a patch is asked: how well it fits a prompt rather than anything else. */
export interface Query {
  /** Unit text features of the prompt's phrasings. */
  phrasings: Features;
  /** Unit text features that this prompt alone is weighed against, besides the contrast vocabulary. */
  counterparts: Features;
  /** Unit text features of look-alikes: where one fits better than every phrasing, the answer is 0. */
  negatives: Features;
  /** Indices of contrast features that mean the same as the prompt. */
  leftOut: ReadonlySet<number>;
}

/** Image features, made ready for any number of queries. */
export interface Evidence {
  /** Unit image features. */
  features: Features;
  /** [features, contrast]: likeness to each contrast text. */
  contrast: Float64Array;
  /** [features]: sum over the contrast texts. */
  total: Float64Array;
}

/**
 * Scores image features against prompts: the probability of the prompt in the softmax of
 * temperature · cosine over the prompt and a fixed set of contrast texts. No prompt sees another.
 */
export class RegionClassifier {
  readonly #contrast: Features;
  readonly #middle: Float32Array;
  readonly #temperature: number;

  /**
   * @param contrast unit text features of the contrast vocabulary.
   * @param temperature what cosines are multiplied by, at most 300.
   */
  constructor(contrast: Features, temperature: number) {
    this.#contrast = contrast;
    this.#middle = mean(contrast);
    this.#temperature = temperature;
  }

  /** @param raw dense or region features, not normalised. */
  evidence(raw: Features): Evidence {
    const features = normalised(raw);
    const cosines = dotProducts(features, this.#contrast);
    const contrast = new Float64Array(cosines.length);
    const total = new Float64Array(features.count);
    const { count } = this.#contrast;
    for (let row = 0; row < features.count; row++) {
      for (let i = row * count; i < (row + 1) * count; i++) {
        contrast[i] = this.#likeness(cosines[i]);
        total[row] += contrast[i];
      }
    }
    return { features, contrast, total };
  }

  /** The query's probability for each feature: [features], each in 0..1. */
  probabilities({ features, contrast, total }: Evidence, query: Query): Float32Array {
    const own = this.#fit(features, query.phrasings);
    const counterparts = dotProducts(features, query.counterparts);
    const negatives = dotProducts(features, query.negatives);
    const { count } = this.#contrast;
    return own.map((cosine, row) => {
      let rest = total[row];
      for (const index of query.leftOut) rest -= contrast[row * count + index];
      // Subtraction can leave a rounding error below zero when all that is like it was left out.
      rest = max(rest, 0);
      rest += this.#sum(counterparts, row, query.counterparts.count);
      for (let i = 0; i < query.negatives.count; i++) {
        const negative = negatives[row * query.negatives.count + i];
        if (negative > cosine) return 0;
        rest += this.#likeness(negative);
      }
      const likeness = this.#likeness(cosine);
      return likeness / (likeness + rest);
    });
  }

  /** For each phrasing, the vector from the middle of the contrast texts to it. */
  directions({ phrasings }: Query): Features {
    const { values, dimension, count } = phrasings;
    const directions = new Float32Array(values);
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < dimension; i++) directions[row * dimension + i] -= this.#middle[i];
    }
    return { values: directions, dimension, count };
  }

  /** The best phrasing's cosine for each feature. */
  #fit(features: Features, phrasings: Features): Float32Array {
    const cosines = dotProducts(features, phrasings);
    const best = new Float32Array(features.count).fill(-1);
    for (let row = 0; row < features.count; row++) {
      for (let i = row * phrasings.count; i < (row + 1) * phrasings.count; i++) {
        best[row] = max(best[row], cosines[i]);
      }
    }
    return best;
  }

  #sum(cosines: Float32Array, row: number, count: number): number {
    let sum = 0;
    for (let i = row * count; i < (row + 1) * count; i++) sum += this.#likeness(cosines[i]);
    return sum;
  }

  /** exp(temperature · cosine), scaled down to at most 1 so that no temperature overflows. */
  #likeness(cosine: number): number {
    return exp(this.#temperature * (cosine - 1));
  }
}

function mean({ values, dimension, count }: Features): Float32Array {
  const middle = new Float32Array(dimension);
  for (let i = 0; i < values.length; i++) middle[i % dimension] += values[i] / count;
  return middle;
}
