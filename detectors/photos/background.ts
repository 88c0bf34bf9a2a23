import type { NameRow } from './nameRows.js';
import { product } from './product.js';
import { type RegionFeatures, vectorOf } from './regionFeatures.js';

/** r·φ of the background names, [regions, names], for r of regions, [regions, classes]. */
type Rank = (regions: Float32Array) => Promise<Float32Array>;

export interface BackgroundOptions {
  names: readonly string[];
  /** Centred unit vectors of the names, [names, width]. */
  vectors: Float32Array;
  /** How many classes r has. */
  classes: number;
  rank: Rank;
  /** The cosine from which a name means the same as a text. */
  sameMeaning: number;
}

/**
 * General names that a prompt is held against where it must be decided whether a thing is there at all: they are the
 * same for every prompt, so that no prompt sees another.
 */
export class BackgroundNames {
  readonly names: readonly string[];
  readonly #vectors: Float32Array;
  readonly #classes: number;
  readonly #rank: Rank;
  readonly #sameMeaning: number;
  readonly #same = new WeakMap<NameRow, ReadonlySet<number>>();
  readonly #known = new WeakMap<RegionFeatures, Float32Array>();

  constructor({ names, vectors, classes, rank, sameMeaning }: BackgroundOptions) {
    this.names = names;
    this.#vectors = vectors;
    this.#classes = classes;
    this.#rank = rank;
    this.#sameMeaning = sameMeaning;
  }

  /** r·φ of each name, for each region. */
  async rankings(regions: readonly RegionFeatures[]): Promise<Float32Array[]> {
    const unknown = [...new Set(regions)].filter((region) => !this.#known.has(region));
    if (unknown.length > 0) {
      const joined = new Float32Array(unknown.length * this.#classes);
      unknown.forEach((region, i) => {
        joined.set(vectorOf(region, this.#classes), i * this.#classes);
      });
      const ranked = await this.#rank(joined);
      const { length } = this.names;
      unknown.forEach((region, i) => {
        this.#known.set(region, ranked.slice(i * length, (i + 1) * length));
      });
    }
    return regions.map((region) => this.#known.get(region)!);
  }

  /**
   * How many names rank higher in a region than a text does; those that mean the same as the text do not count.
   * @param rankings of the region.
   * @param ranking r·φ of the text.
   */
  countBetter(rankings: Float32Array, row: NameRow, ranking: number): number {
    const same = this.#sameAs(row);
    let count = 0;
    for (let i = 0; i < rankings.length; i++) if (rankings[i] > ranking && !same.has(i)) count++;
    return count;
  }

  #sameAs(row: NameRow): ReadonlySet<number> {
    const known = this.#same.get(row);
    if (known) return known;
    const same = new Set<number>();
    const width = row.text.length;
    for (let i = 0; i < this.names.length; i++) {
      if (product(row.text, 0, this.#vectors, i * width, width) > this.#sameMeaning) same.add(i);
    }
    this.#same.set(row, same);
    return same;
  }
}
