import {
  concatenated,
  dotProducts,
  type Features,
  features,
  meanVector,
  normalised,
  pick,
} from '../features.js';
import type { Evidence } from './evidence.js';
import {
  type ExampleLooks,
  type ExampleQuery,
  exampleLooks,
  likenesses,
  profilesOf,
} from './exampleQuery.js';

const { exp, fround, max } = Math;

/** What a region or a patch is asked: how well it fits a prompt rather than anything else. */
export interface Query {
  /** Unit text features of the prompt's phrasings; none where examples alone ask. */
  phrasings: Features;
  /** Unit text features that this prompt alone is weighed against, besides the contrast vocabulary. */
  counterparts: Features;
  /** Unit text features of look-alikes: where one fits better than every phrasing, the answer is 0. */
  negatives: Features;
  /** Indices of contrast features that mean the same as the prompt. */
  leftOut: ReadonlySet<number>;
  /** What it is weighed by, where that is not what pictures are: its contrast texts are of another language. */
  classifier?: RegionClassifier;
  /** What examples ask besides, and which share of the answer is theirs. */
  examples?: ExampleQuery & { share: number };
}

/**
 * Scores image features against prompts: the probability of the prompt in the softmax of
 * temperature · cosine over the prompt and a fixed set of contrast texts. No prompt sees another.
 */
export class RegionClassifier {
  readonly #contrast: Features;
  readonly #middle: Float32Array;
  readonly #temperature: number;
  readonly #looks = new WeakMap<ExampleQuery, ExampleLooks>();
  readonly #profiles = new WeakMap<Evidence, Features>();

  /**
   * @param contrast unit text features of the contrast vocabulary.
   * @param temperature what cosines are multiplied by, at most 300.
   */
  constructor(contrast: Features, temperature: number) {
    this.#contrast = contrast;
    this.#middle = meanVector(contrast);
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

  /**
   * The query's probability for each feature: [features], each in 0..1.
   * @param matters whether a feature is of interest, given the most that its probability can be; of one that
   *   is not, the probability comes out as 0. Most features are far from most prompts, and need not be
   *   compared to all that a prompt is weighed against. Default: all are.
   */
  probabilities(
    evidence: Evidence,
    { examples, ...query }: Query,
    matters: (index: number, most: number) => boolean = () => true,
  ): Float32Array {
    if (!examples) return this.#probabilities(evidence, query, matters);
    const shown = likenesses(
      evidence,
      this.#profilesOf(evidence),
      this.#looksOf(examples),
      examples,
    );
    if (examples.share === 1) return shown;
    const words = this.#probabilities(evidence, query, () => true);
    return words.map((own, i) => own + examples.share * (shown[i] - own));
  }

  #looksOf(examples: ExampleQuery): ExampleLooks {
    const known = this.#looks.get(examples);
    if (known) return known;
    const { shown, unlike } = examples;
    const looks = exampleLooks(this.evidence(shown), this.evidence(unlike), examples);
    this.#looks.set(examples, looks);
    return looks;
  }

  #profilesOf(evidence: Evidence): Features {
    const known = this.#profiles.get(evidence);
    if (known) return known;
    const profiles = profilesOf(evidence);
    this.#profiles.set(evidence, profiles);
    return profiles;
  }

  #probabilities(
    { features, contrast, total }: Evidence,
    { phrasings, counterparts, negatives, leftOut }: Query,
    matters: (index: number, most: number) => boolean,
  ): Float32Array {
    const { count } = this.#contrast;
    const cosines = this.#fit(features, phrasings);
    const probabilities = new Float32Array(features.count);
    const others = new Float64Array(features.count);
    const rows: number[] = [];
    for (let row = 0; row < features.count; row++) {
      let rest = total[row];
      for (const index of leftOut) rest -= contrast[row * count + index];
      // Subtraction can leave a rounding error below zero when all that is like it was left out.
      others[row] = max(rest, 0);
      const likeness = this.#likeness(cosines[row]);
      const most = fround(likeness / (likeness + others[row]));
      if (!matters(row, most)) continue;
      probabilities[row] = most;
      rows.push(row);
    }
    if (counterparts.count + negatives.count === 0 || rows.length === 0) return probabilities;
    const left = pick(features, rows);
    const toCounterparts = dotProducts(left, counterparts);
    const toNegatives = dotProducts(left, negatives);
    rows.forEach((row, i) => {
      const likeness = this.#likeness(cosines[row]);
      const rest =
        others[row] +
        this.#sum(toCounterparts, i, counterparts.count) +
        this.#sum(toNegatives, i, negatives.count);
      const own = toNegatives.subarray(i * negatives.count, (i + 1) * negatives.count);
      const negated = own.some((negative) => negative > cosines[row]);
      probabilities[row] = negated ? 0 : likeness / (likeness + rest);
    });
    return probabilities;
  }

  /** The vectors to each phrasing, and to what examples have in common, from the middle of what they are told apart from. */
  directions({ phrasings, examples }: Query): Features {
    const own = seenFrom(this.#middle, phrasings);
    if (!examples) return own;
    const { shown, middle } = examples;
    const common = normalised(features(meanVector(shown), shown.dimension));
    return concatenated([own, seenFrom(middle, common)]);
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

function seenFrom(middle: Float32Array, { values, dimension, count }: Features): Features {
  return { values: values.map((value, i) => value - middle[i % dimension]), dimension, count };
}
