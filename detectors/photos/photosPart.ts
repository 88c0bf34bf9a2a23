import type { Xyxy } from '../../src/geometry/boxes.js';
import type { FoundBox } from '../../src/photos/decodeBoxes.js';
import { calibrate } from '../calibration.js';
import { type Looks, none } from '../examples.js';
import type { Asked, FindOptions, Found, Region, SeenPart } from '../featureModel.js';
import { type Features, features } from '../features.js';
import type { LookAlike } from '../regions/lookAlikes.js';
import type { BackgroundNames } from './background.js';
import { gated } from './gate.js';
import type { KnownNames } from './knownNames.js';
import type { NameRow } from './nameRows.js';
import type { ExampleLooks, PhotosQuery } from './photosQuery.js';
import { product } from './product.js';
import { mostOf, type RegionFeatures, scoreOf, scoresOfGiven } from './regionFeatures.js';
import type { RegionLooks } from './regionLooks.js';
import type { PhotosSettings } from './settings.js';

const { max, sqrt } = Math;

/** Probabilities add up to 1 but for rounding. */
const rounding = 1e-5;

/** What looks at boxes of a part one by one. */
export interface Closely {
  /** Probabilities of the classes of crops, for each box. @param boxes in shares of the part's sides. */
  look(boxes: readonly Xyxy[]): Promise<Float32Array[]>;
  background: BackgroundNames;
  names: KnownNames;
  looks: RegionLooks;
}

/** A part of a photograph. Its boxes are cut out and looked at one by one only where a prompt can be there. */
export class PhotosPart implements SeenPart<PhotosQuery> {
  readonly regions: readonly Region[];
  readonly #boxes: readonly FoundBox[];
  /** Replaced, never changed, when a region is looked at closely. */
  readonly #features: RegionFeatures[];
  readonly #settings: PhotosSettings;
  readonly #closely: Closely;
  readonly #classCount: number;
  /** What sets regions apart from the background, as far as it was asked for. */
  readonly #apart = new WeakMap<RegionFeatures, Float32Array>();

  /**
   * @param boxes what the network found.
   * @param given regions to look at instead.
   * @param classCount how many classes the network has.
   */
  constructor(
    boxes: readonly FoundBox[],
    given: readonly Region[] | undefined,
    classCount: number,
    settings: PhotosSettings,
    closely: Closely,
  ) {
    this.#boxes = boxes;
    this.#classCount = classCount;
    this.#settings = settings;
    this.#closely = closely;
    this.regions = given ?? boxes.map(({ box, quality }) => ({ box, quality }));
    this.#features = given
      ? given.map(({ box }) => this.#featuresOfGiven(box))
      : boxes.map(({ quality, scores }) => ({ scores, weight: settings.classWeight * quality }));
  }

  among(regions: readonly Region[]): PhotosPart {
    return new PhotosPart(this.#boxes, regions, this.#classCount, this.#settings, this.#closely);
  }

  async find(
    asked: readonly Asked<PhotosQuery>[],
    { gate = true }: FindOptions,
  ): Promise<Found[][]> {
    await this.#lookWhereItMatters(asked);
    const likely = this.#features.flatMap((features, region) =>
      this.#enough(features, region, asked).map((one) => ({ ...one, features, region })),
    );
    const found: Found[][] = asked.map(() => []);
    if (likely.length === 0) return found;
    const regions = likely.map(({ features }) => features);
    const rankings = gate ? await this.#closely.background.rankings(regions) : undefined;
    for (const [i, { region, prompt, row, word, likeness, ranking, score }] of likely.entries()) {
      const { query, threshold } = asked[prompt];
      const gatedWord = rankings && row ? this.#gated(rankings[i], row, word, ranking) : word;
      const shown = together(query, gatedWord, likeness);
      if (shown < threshold) continue;
      found[prompt].push({
        box: this.regions[region].box,
        score: Math.min(1, shown),
        worth: score,
      });
    }
    return found;
  }

  /** @param boxes in shares of the part's sides. */
  async looks(shown: readonly Xyxy[], unlike: readonly Xyxy[]): Promise<Looks> {
    const { looks } = this.#closely;
    const of = async (boxes: readonly Xyxy[]): Promise<Features> => {
      const seen = await this.featuresOf(boxes);
      const values = new Float32Array(boxes.length * looks.width);
      seen.forEach((region, i) => {
        values.set(looks.of(region), i * looks.width);
      });
      return features(values, looks.width);
    };
    return { shown: await of(shown), unlike: await of(unlike), others: none(looks.width) };
  }

  /** @param rankings of the background names in the region. */
  #gated(rankings: Float32Array, row: NameRow, score: number, ranking: number): number {
    const { threshold, gateRank: rank } = this.#settings;
    const { background } = this.#closely;
    const better = background.countBetter(rankings, row, ranking);
    return gated(score, better, { threshold, rank, names: background.names.length });
  }

  /** The prompts that a region shows well enough: of those in words, its best names. */
  #enough(features: RegionFeatures, region: number, asked: readonly Asked<PhotosQuery>[]) {
    const scored = asked.map(({ query }, prompt) => {
      const best = bestPhrasing(query, features);
      const likeness = query.examples ? this.#likeness(query.examples, region) : 0;
      return { prompt, ...best, likeness, score: together(query, best.word, likeness) };
    });
    const enough = scored.filter(({ score, prompt }) => score >= asked[prompt].threshold);
    if (enough.length === 0) return [];
    const rankings = scored.map(({ ranking }) => ranking);
    const least = nthLargest(rankings, this.#settings.namesPerRegion);
    return enough.filter(({ prompt, ranking, likeness }) => {
      const { query } = asked[prompt];
      if (query.examples && this.#isUnlike(query.examples, features)) return false;
      if (query.phrasings.length === 0) {
        return !query.negatives.some((row) => scoreOf(features, row.likeness) > likeness);
      }
      // Of the best names are those in words: examples need no rank among them.
      const isAmongBest = ranking >= least || query.examples !== undefined;
      return isAmongBest && !isNegated(query, features, ranking);
    });
  }

  /** How likely it is that a region shows what examples show. */
  #likeness({ look }: ExampleLooks, region: number): number {
    const cosine = cosineOf(this.#apartOf(this.#features[region]), look);
    const score = max(0, cosine) * sqrt(this.regions[region].quality);
    return calibrate(score, this.#settings.likeness);
  }

  /** Whether a region looks more like something that is not wanted than like every example. */
  #isUnlike({ look, shown, unlike }: ExampleLooks, features: RegionFeatures): boolean {
    if (unlike.length === 0) return false;
    const apart = this.#apartOf(features);
    const own = max(...[look, ...shown].map((one) => cosineOf(apart, one)));
    return unlike.some((other) => cosineOf(apart, other) > own);
  }

  #apartOf(features: RegionFeatures): Float32Array {
    const known = this.#apart.get(features);
    if (known) return known;
    const { looks } = this.#closely;
    const apart = looks.apart(looks.of(features));
    this.#apart.set(features, apart);
    return apart;
  }

  async lookAlikes(box: Xyxy, count: number): Promise<LookAlike[]> {
    const [region] = await this.featuresOf([box]);
    return this.#closely.names.lookAlikes(region, count);
  }

  /** Features of given boxes, each looked at closely. */
  async featuresOf(boxes: readonly Xyxy[]): Promise<RegionFeatures[]> {
    const classes = await this.#closely.look(boxes);
    return boxes.map((box, i) => ({ ...this.#featuresOfGiven(box), classes: classes[i] }));
  }

  #featuresOfGiven(box: Xyxy): RegionFeatures {
    const scores = scoresOfGiven(box, this.#boxes, this.#classCount);
    return { scores, weight: this.#settings.givenClassWeight };
  }

  /** Of the best boxes, those where some prompt could reach its threshold, all at once. */
  async #lookWhereItMatters(asked: readonly Asked<PhotosQuery>[]): Promise<void> {
    const candidates = this.#features.slice(0, this.#settings.crops);
    const wanted = [...candidates.keys()].filter(
      (i) =>
        !candidates[i].classes &&
        asked.some(
          ({ query, threshold }) =>
            query.examples ||
            query.phrasings.some((row) => mostOf(candidates[i], row) + rounding >= threshold),
        ),
    );
    if (wanted.length === 0) return;
    const classes = await this.#closely.look(wanted.map((i) => this.regions[i].box));
    wanted.forEach((region, i) => {
      this.#features[region] = { ...candidates[region], classes: classes[i] };
    });
  }
}

/** The phrasing that ranks best in a region, its x and its r·φ. */
function bestPhrasing({ phrasings }: PhotosQuery, features: RegionFeatures) {
  let best = { row: phrasings.at(0), word: 0, ranking: -1 };
  for (const row of phrasings) {
    const word = scoreOf(features, row.likeness);
    const ranking = word * row.ranking;
    if (ranking > best.ranking) best = { row, word, ranking };
  }
  return best;
}

/**
 * The score of a prompt by its words and its examples, of which each counts as much as the words do. What the words find
 * by themselves stays: examples of one look of a thing are no sign against another.
 */
function together({ phrasings, examples }: PhotosQuery, word: number, likeness: number): number {
  if (!examples) return word;
  const words = phrasings.length > 0 ? 1 : 0;
  return max(
    word,
    (words * word + examples.shown.length * likeness) / (words + examples.shown.length),
  );
}

/** Of unit vectors. */
function cosineOf(a: Float32Array, b: Float32Array): number {
  return product(a, 0, b, 0, a.length);
}

/** Whether a look-alike that is not wanted fits better. */
function isNegated({ negatives }: PhotosQuery, features: RegionFeatures, ranking: number): boolean {
  return negatives.some((row) => row.ranking * scoreOf(features, row.likeness) > ranking);
}

function nthLargest(values: readonly number[], n: number): number {
  if (values.length <= n) return -Infinity;
  return Float64Array.from(values).sort()[values.length - n];
}
