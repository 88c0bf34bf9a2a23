import type { LookAlike } from '../regions/lookAlikes.js';
import type { BackgroundNames } from './background.js';
import type { NameRow } from './nameRows.js';
import { type RegionFeatures, scoreOf } from './regionFeatures.js';

export interface KnownNamesOptions {
  /** Names that the model was trained on or was taught. */
  own: readonly string[];
  background: BackgroundNames;
  /** The row of a name of its own or of a background name, by its place. */
  rowOfOwn(index: number): NameRow;
  rowOfBackground(index: number): NameRow;
}

/** All names that the model can say of itself what a region looks like: its own, and general ones beside. */
export class KnownNames {
  readonly #options: KnownNamesOptions;
  readonly #ownRows: (NameRow | undefined)[] = [];

  constructor(options: KnownNamesOptions) {
    this.#options = options;
  }

  /** Of the names that rank highest in a region, those that score highest: by falling score of a prompt of that name. */
  async lookAlikes(region: RegionFeatures, count: number): Promise<LookAlike[]> {
    const { own, background, rowOfBackground } = this.#options;
    const [rankings] = await background.rankings([region]);
    const ownNames = new Set(own);
    const ranked = own.map((name, i) => {
      const row = this.#ownRow(i);
      return { name, row: () => row, ranking: row.ranking * scoreOf(region, row.likeness) };
    });
    for (const [i, name] of background.names.entries()) {
      if (ownNames.has(name)) continue;
      ranked.push({ name, row: () => rowOfBackground(i), ranking: rankings[i] });
    }
    return ranked
      .sort((a, b) => b.ranking - a.ranking)
      .slice(0, 2 * count)
      .map(({ name, row }) => ({
        name,
        probability: Math.min(1, scoreOf(region, row().likeness)),
      }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, count);
  }

  #ownRow(index: number): NameRow {
    this.#ownRows[index] ??= this.#options.rowOfOwn(index);
    return this.#ownRows[index];
  }
}
