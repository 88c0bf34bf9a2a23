import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CocoImage } from '../../datasets/coco.js';
import type { CocoResults } from '../../datasets/cocoResults.js';
import { UserError } from '../../src/errors.js';

/** Numbers of one detection in a row: category id; x, y, width, height in pixels; score. */
const width = 6;

/** One of several processes that share the pictures of a run. */
export interface Shard {
  /** From 0. */
  index: number;
  count: number;
}

/** Where a run keeps what it finds, and what makes it another run. */
export interface KeptRun {
  folder: string;
  /** Whatever decides what is found; a JSON value. */
  run: unknown;
  shard: Shard;
}

/**
 * What was found in each picture. With a folder, every picture is written down when it is done, a line each,
 * so that a run that was stopped goes on where it was; processes that share the work each write a file of
 * their own there, and read those of the others.
 */
export class FoundStore {
  readonly #rows = new Map<number, readonly number[]>();
  readonly #file: string | undefined;
  readonly #shard: Shard;
  /** What is to be written before the first picture. */
  #begin = '';

  /**
   * @param kept without it, nothing is written down.
   * @throws UserError when the folder holds what another run found, or a broken file.
   */
  constructor(kept?: KeptRun) {
    this.#shard = kept?.shard ?? { index: 0, count: 1 };
    if (!kept) return;
    const { folder, run, shard } = kept;
    mkdirSync(folder, { recursive: true });
    const own = `found-${shard.index + 1}-of-${shard.count}.jsonl`;
    this.#file = join(folder, own);
    const key = createHash('sha256').update(JSON.stringify(run)).digest('hex');
    for (const name of readdirSync(folder).sort()) {
      if (/^found-\d+-of-\d+\.jsonl$/.test(name)) this.#read(join(folder, name), key, name === own);
    }
    if (!existsSync(this.#file)) this.#begin = `${JSON.stringify({ run: key })}\n`;
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
    if (!this.#file) return;
    const line = `${this.#begin}${JSON.stringify([imageId, rows])}\n`;
    this.#begin = '';
    await appendFile(this.#file, line);
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

  /** @param own whether this process goes on writing it: a line that was cut off is then removed. */
  #read(file: string, key: string, own: boolean): void {
    const bytes = readFileSync(file);
    const whole = bytes.lastIndexOf(0x0a) + 1;
    if (own && whole < bytes.length) truncateSync(file, whole);
    if (whole === 0) {
      if (own) this.#begin = `${JSON.stringify({ run: key })}\n`;
      return;
    }
    const [head, ...lines] = bytes.subarray(0, whole).toString('utf8').trimEnd().split('\n');
    if (head !== JSON.stringify({ run: key })) {
      throw new UserError(
        `${file} holds what was found with another model, data set or setting. ` +
          'Give another --output, or delete it to start anew.',
      );
    }
    lines.forEach((line, i) => {
      const [imageId, rows] = parseLine(line, `${file}: line ${i + 2}`);
      this.#rows.set(imageId, rows);
    });
  }
}

function parseLine(line: string, where: string): [number, number[]] {
  try {
    const [imageId, rows] = JSON.parse(line) as [number, number[]];
    if (Number.isInteger(imageId) && rows.length % width === 0) return [imageId, rows];
  } catch {
    // Told below.
  }
  throw new UserError(`${where} is broken; delete the file to start anew.`);
}
