import type { TakenAs } from '../src/images/orientation.js';
import { createRandom, type Random } from '../src/random.js';
import { type BadRecord, firstReadable } from './firstReadable.js';
import { DataOrder, type DataPart } from './order.js';
import { microBatches, type StepShape } from './stepShape.js';

/** How records are put into batches. */
export interface BatchShape extends StepShape {
  seed: number;
  shuffleBuffer: number;
}

/** What the pictures of a micro-batch are, and what goes with each. */
export interface PictureBatch<Sample> {
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
 * Puts a record's picture into its place of the batch. A place may be given again, if what was read first is of no use.
 * @throws UserError when the record or its picture cannot be read.
 */
export type ShowRecord<Sample extends Oriented> = (
  record: number,
  random: Random,
  place: number,
) => Promise<Sample>;

/** Gathers the pictures of batches: batch k is a pure function of the arguments and k. */
export class PictureBatches {
  readonly #shape: BatchShape;
  readonly #order: DataOrder;
  readonly #parts: readonly DataPart[];

  /** @throws UserError when there are not enough records for a step. */
  constructor(parts: readonly DataPart[], shape: BatchShape) {
    this.#shape = shape;
    this.#order = new DataOrder(parts, shape);
    this.#parts = parts;
  }

  /**
   * Micro-batch `index`, counted over the whole run. What a picture looks like depends on its place in
   * the step only, not on how steps are shared out.
   * @throws UserError when a record finds no readable replacement.
   */
  async build<Sample extends Oriented>(
    index: number,
    showRecord: ShowRecord<Sample>,
  ): Promise<PictureBatch<Sample>> {
    const { microBatch, seed } = this.#shape;
    const perStep = microBatches(this.#shape);
    const step = Math.floor(index / perStep);
    const start = (this.#shape.rank * perStep + (index % perStep)) * microBatch;
    const records = this.#order.records(step).subarray(start, start + microBatch);
    const samples: Sample[] = [];
    const bad: BadRecord[] = [];
    const oriented: OrientedRecord[] = [];
    const random = createRandom(seed).fork('sample').fork(step);
    for (let i = 0; i < microBatch; i++) {
      const fork = random.fork(start + i);
      const show = async (record: number) => ({
        record,
        sample: await showRecord(record, fork, i),
      });
      const { record, sample } = await firstReadable(
        records[i],
        this.#partOf(records[i]),
        show,
        bad,
      );
      samples.push(sample);
      if (sample.takenAs) oriented.push({ record, takenAs: sample.takenAs });
    }
    return { samples, bad, oriented };
  }

  /** Records of the same source, which are alike. */
  #partOf(record: number): DataPart {
    return this.#parts.find(({ first, count }) => record < first + count)!;
  }
}
