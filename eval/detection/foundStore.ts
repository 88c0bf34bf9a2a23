import type { CocoImage } from '../../datasets/coco.js';
import type { CocoResults } from '../../datasets/cocoResults.js';
import { Journal, type JournalOptions, type Shard } from '../../datasets/journal.js';

/** Numbers of one detection in a row: category id; x, y, width, height in pixels; score. */
const width = 6;

/** Where a run keeps what it finds, and what makes it another run. */
export type KeptRun = Omit<JournalOptions, 'name'>;

/** What was found in each picture; with a folder, it is kept there. */
export class FoundStore {
  readonly #rows = new Map<number, readonly number[]>();
  readonly #shard: Shard;
  readonly #journal: Journal | undefined;

  /**
   * @param kept without it, nothing is written down.
   * @throws UserError when the folder holds what another run found, or a broken file.
   */
  constructor(kept?: KeptRun) {
    this.#shard = kept?.shard ?? { index: 0, count: 1 };
    if (!kept) return;
    this.#journal = new Journal({ ...kept, name: 'found' });
    this.#journal.read((value) => {
      const [imageId, rows] = value as [number, number[]];
      if (!Number.isInteger(imageId) || rows.length % width !== 0) throw new Error('not a picture');
      this.#rows.set(imageId, rows);
    });
  }

  /** Whether a picture has been looked at. */
  has(imageId: number): boolean {
    return this.#rows.has(imageId);
  }

  /** Those pictures that this process has to look at. */
  missing(images: readonly CocoImage[]): CocoImage[] {
    const { index, count } = this.#shard;
    return images.filter(({ id }, i) => i % count === index && !this.has(id));
  }

  /** @param rows of a picture: for each detection category id, x, y, width, height and score. */
  async add(imageId: number, rows: readonly number[]): Promise<void> {
    this.#rows.set(imageId, rows);
    await this.#journal?.add([imageId, rows]);
  }

  /** Whether all these pictures have been looked at. */
  complete(images: readonly CocoImage[]): boolean {
    return images.every(({ id }) => this.has(id));
  }

  /** What was found in these pictures, in their order. */
  results(images: readonly CocoImage[]): CocoResults {
    const perImage = images.map(({ id }) => this.#rows.get(id) ?? []);
    const count = perImage.reduce((sum, rows) => sum + rows.length / width, 0);
    const results: CocoResults = {
      count,
      imageIds: new Float64Array(count),
      categoryIds: new Float64Array(count),
      boxes: new Float64Array(4 * count),
      scores: new Float64Array(count),
    };
    let row = 0;
    perImage.forEach((rows, i) => {
      for (let start = 0; start < rows.length; start += width, row++) {
        results.imageIds[row] = images[i].id;
        results.categoryIds[row] = rows[start];
        results.boxes.set(rows.slice(start + 1, start + 5), 4 * row);
        results.scores[row] = rows[start + 5];
      }
    });
    return results;
  }
}
