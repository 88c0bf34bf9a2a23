import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { featureWidth } from '../../src/photos/cropArchitecture.js';
import { createRandom } from '../../src/random.js';
import type { BatchReport } from '../loop.js';
import type { DataOrder } from '../order.js';
import type { StepShape } from '../stepShape.js';
import { type CropTable, noName } from './cropTable.js';

/** How batches are made. */
export interface NamesBatchShape extends StepShape {
  /** How many names are learnt. */
  names: number;
  dropout: number;
  seed: number;
}

/** A rank's share of a step. */
export interface NamesBatch extends BatchReport {
  /** [crops, 1280] */
  features: NdArray;
  /** [crops, 1280]: 0 for what is dropped, and otherwise 1 / (1 − dropout). */
  kept: NdArray;
  /** [crops, names]: 1 for the name; zeros for background. */
  targets: NdArray;
}

/** Hands out batches from the memory: batch k is a pure function of the arguments and k. */
export class NamesBatches {
  readonly #table: CropTable;
  readonly #order: DataOrder;
  readonly #shape: NamesBatchShape;
  #step: number;

  /** @param step the first to be handed out. */
  constructor(table: CropTable, order: DataOrder, shape: NamesBatchShape, step: number) {
    this.#table = table;
    this.#order = order;
    this.#shape = shape;
    this.#step = step;
  }

  async next(): Promise<NamesBatch> {
    return this.build(this.#step++);
  }

  async close(): Promise<void> {}

  /** The batch of step `step`, counted from 0. What a crop looks like depends on its place in the step only. */
  build(step: number): NamesBatch {
    const { microBatch: size, rank, names, dropout, seed } = this.#shape;
    const { features, crops, views, names: nameOf } = this.#table;
    const start = rank * size;
    const records = this.#order.records(step).subarray(start, start + size);
    const random = createRandom(seed).fork('sample').fork(step);
    const shown = new Float32Array(size * featureWidth);
    const kept = new Float32Array(size * featureWidth);
    const targets = new Float32Array(size * names);
    records.forEach((record, i) => {
      const own = random.fork(start + i);
      const crop = crops[record] + own.integer(views[record]);
      shown.set(
        features.subarray(crop * featureWidth, (crop + 1) * featureWidth),
        i * featureWidth,
      );
      for (let j = i * featureWidth; j < (i + 1) * featureWidth; j++) {
        kept[j] = own.uniform() < dropout ? 0 : 1 / (1 - dropout);
      }
      if (nameOf[record] !== noName) targets[i * names + nameOf[record]] = 1;
    });
    return {
      features: ndarray(shown, [size, featureWidth]),
      kept: ndarray(kept, [size, featureWidth]),
      targets: ndarray(targets, [size, names]),
      ...{ bad: [], droppedBoxes: 0 },
    };
  }
}
