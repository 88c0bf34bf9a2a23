import { cosineOf, type NameRow, rowOfCosines } from './nameRows.js';
import { type RegionFeatures, scoreOf } from './regionFeatures.js';

/**
 * General names that a prompt is held against where it must be decided whether a thing is there at all: they are the
 * same for every prompt, so that no prompt sees another.
 */
export class BackgroundNames {
  readonly names: readonly string[];
  readonly #rows: readonly NameRow[];
  readonly #sameMeaning: number;
  readonly #same = new WeakMap<NameRow, ReadonlySet<number>>();
  readonly #rankings = new WeakMap<RegionFeatures, Float32Array>();

  /**
   * @param vectors centred unit vectors of the names, [names, width].
   * @param cosines of the names with those of the classes, [names, classes].
   * @param settings.sharpness as for `nameRow`.
   * @param settings.sameMeaning the cosine from which a name means the same as a text.
   */
  constructor(
    names: readonly string[],
    vectors: Float32Array,
    cosines: Float32Array,
    { sharpness, sameMeaning }: { sharpness: number; sameMeaning: number },
  ) {
    this.names = names;
    this.#sameMeaning = sameMeaning;
    const classes = cosines.length / names.length;
    const width = vectors.length / names.length;
    this.#rows = names.map((_, i) =>
      rowOfCosines(
        vectors.subarray(i * width, (i + 1) * width),
        cosines.subarray(i * classes, (i + 1) * classes),
        sharpness,
      ),
    );
  }

  /** How many names rank higher in a region than a text does; those that mean the same as the text do not count. */
  countBetter(region: RegionFeatures, row: NameRow, ranking: number): number {
    const same = this.#sameAs(row);
    const rankings = this.rankings(region);
    let count = 0;
    for (let i = 0; i < rankings.length; i++) if (rankings[i] > ranking && !same.has(i)) count++;
    return count;
  }

  #sameAs(row: NameRow): ReadonlySet<number> {
    const known = this.#same.get(row);
    if (known) return known;
    const same = new Set<number>();
    this.#rows.forEach(({ text }, i) => {
      if (cosineOf(row.text, text) > this.#sameMeaning) same.add(i);
    });
    this.#same.set(row, same);
    return same;
  }

  /** r·φ of each name for a region. */
  rankings(region: RegionFeatures): Float32Array {
    const known = this.#rankings.get(region);
    if (known) return known;
    const rankings = Float32Array.from(
      this.#rows,
      ({ likeness, ranking }) => ranking * scoreOf(region, likeness),
    );
    this.#rankings.set(region, rankings);
    return rankings;
  }

  /** How well each name fits a region, 0..1, the best first. */
  best(region: RegionFeatures, count: number): { name: string; score: number }[] {
    const rankings = this.rankings(region);
    return [...this.names.keys()]
      .sort((a, b) => rankings[b] - rankings[a])
      .slice(0, count)
      .map((i) => ({
        name: this.names[i],
        score: Math.min(1, scoreOf(region, this.#rows[i].likeness)),
      }));
  }
}
