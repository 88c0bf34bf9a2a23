import type { TakenAs } from '../src/images/orientation.js';
import { createRandom, type Random } from '../src/random.js';
import { type BadRecord, firstReadable } from './firstReadable.js';
import { DataOrder, type DataPart } from './order.js';
import type { PlainArray } from './packing.js';
import { microBatches, type StepShape } from './stepShape.js';

/** How pictures are put into batches. */
export interface BatchShape extends StepShape {
  /** Side of the square pictures, in pixels. Absent: pictures have sizes of their own, and samples bring what they show. */
  imageSize?: number;
  seed: number;
  shuffleBuffer: number;
}

/** The pictures of a micro-batch, and what goes with each. */
export interface PictureBatch<Sample> {
  /** [batch, 3, imageSize, imageSize]. */
  pixels: PlainArray;
  samples: Sample[];
  /** Records that were replaced because they or their pictures cannot be read. */
  bad: BadRecord[];
  /** Records whose pictures have an EXIF orientation that makes a difference. */
  oriented: OrientedRecord[];
}

/** A record and which way round its picture was taken. */
export interface OrientedRecord {
  record: number;
  takenAs: TakenAs;
}

/** What is told of a picture whose EXIF orientation makes a difference. */
export interface Oriented {
  takenAs?: TakenAs;
}

/**
 * Writes the pixels of a record to `target` ([3, imageSize, imageSize]).
 * @throws UserError when the record or its picture cannot be read.
 */
export type ShowRecord<Sample extends Oriented> = (
  record: number,
  random: Random,
  target: Float32Array,
) => Promise<Sample>;

/** Gathers the pictures of batches: batch k is a pure function of the arguments and k. */
export class PictureBatches<Sample extends Oriented> {
  readonly #shape: BatchShape;
  readonly #show: ShowRecord<Sample>;
  readonly #order: DataOrder;
  readonly #records: number;

  /** @throws UserError when there are not enough records for a step. */
  constructor(parts: readonly DataPart[], shape: BatchShape, show: ShowRecord<Sample>) {
    this.#shape = shape;
    this.#show = show;
    this.#order = new DataOrder(parts, shape);
    this.#records = parts.reduce((sum, { count }) => sum + count, 0);
  }

  /**
   * Micro-batch `index`, counted over the whole run. What a picture looks like depends on its place in
   * the step only, not on how steps are shared out.
   * @throws UserError when a record finds no readable replacement.
   */
  async build(index: number): Promise<PictureBatch<Sample>> {
    const { microBatch, seed, imageSize = 0 } = this.#shape;
    const perStep = microBatches(this.#shape);
    const step = Math.floor(index / perStep);
    const start = (this.#shape.rank * perStep + (index % perStep)) * microBatch;
    const records = this.#order.records(step).subarray(start, start + microBatch);
    const values = 3 * imageSize * imageSize;
    const pixels = new Float32Array(microBatch * values);
    const samples: Sample[] = [];
    const bad: BadRecord[] = [];
    const oriented: OrientedRecord[] = [];
    const random = createRandom(seed).fork('sample').fork(step);
    for (let i = 0; i < microBatch; i++) {
      const target = pixels.subarray(i * values, (i + 1) * values);
      const fork = random.fork(start + i);
      const show = async (record: number) => ({
        record,
        sample: await this.#show(record, fork, target),
      });
      const { record, sample } = await firstReadable(records[i], this.#records, show, bad);
      samples.push(sample);
      if (sample.takenAs) oriented.push({ record, takenAs: sample.takenAs });
    }
    const shape = [microBatch, 3, imageSize, imageSize];
    return { pixels: { data: pixels, shape }, samples, bad, oriented };
  }
}
