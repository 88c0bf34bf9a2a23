import { createRandom, type Random } from '../random.js';
import { type BadRecord, firstReadable } from './firstReadable.js';
import { DataOrder, type DataPart } from './order.js';
import type { PlainArray } from './packing.js';

/** How pictures are put into batches. */
export interface BatchShape {
  /** Pictures in a micro-batch. */
  batch: number;
  /** Micro-batches of one step. */
  accumulate: number;
  /** Side of the square pictures, in pixels. */
  imageSize: number;
  seed: number;
}

/** The pictures of a micro-batch, and what goes with each. */
export interface PictureBatch<Sample> {
  /** [batch, 3, imageSize, imageSize]. */
  pixels: PlainArray;
  samples: Sample[];
  /** Records that were replaced because they or their pictures cannot be read. */
  bad: BadRecord[];
}

/**
 * Writes the pixels of a record to `target` ([3, imageSize, imageSize]).
 * @throws UserError when the record or its picture cannot be read.
 */
export type ShowRecord<Sample> = (
  record: number,
  random: Random,
  target: Float32Array,
) => Promise<Sample>;

/** Gathers the pictures of batches: batch k is a pure function of the arguments and k. */
export class PictureBatches<Sample> {
  readonly #shape: BatchShape;
  readonly #show: ShowRecord<Sample>;
  readonly #order: DataOrder;
  readonly #records: number;

  /** @throws UserError when there are not enough records for a step. */
  constructor(parts: readonly DataPart[], shape: BatchShape, show: ShowRecord<Sample>) {
    this.#shape = shape;
    this.#show = show;
    this.#order = new DataOrder(parts, shape.batch * shape.accumulate, shape.seed);
    this.#records = parts.reduce((sum, { count }) => sum + count, 0);
  }

  /**
   * Batch `index`, counted in micro-batches over the whole run.
   * @throws UserError when a record finds no readable replacement.
   */
  async build(index: number): Promise<PictureBatch<Sample>> {
    const { batch, accumulate, seed, imageSize } = this.#shape;
    const micro = index % accumulate;
    const records = this.#order
      .records(Math.floor(index / accumulate))
      .subarray(micro * batch, (micro + 1) * batch);
    const values = 3 * imageSize * imageSize;
    const pixels = new Float32Array(batch * values);
    const samples: Sample[] = [];
    const bad: BadRecord[] = [];
    const random = createRandom(seed).fork('sample').fork(index);
    for (let i = 0; i < batch; i++) {
      const target = pixels.subarray(i * values, (i + 1) * values);
      const fork = random.fork(i);
      const show = (record: number) => this.#show(record, fork, target);
      samples.push(await firstReadable(records[i], this.#records, show, bad));
    }
    return { pixels: { data: pixels, shape: [batch, 3, imageSize, imageSize] }, samples, bad };
  }
}
