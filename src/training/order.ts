import { UserError } from '../errors.js';
import { createRandom, type Random } from '../random.js';

/** Records that an epoch shows equally often. */
export interface DataPart {
  /** Number of the part's first record. */
  first: number;
  count: number;
  /** How often an epoch shows each record; 0.5 shows a random half of them. */
  weight: number;
}

/** The order in which a run shows its records: a pure function of the parts, the seed and the epoch. */
export class DataOrder {
  /** Records shown in an epoch. */
  readonly epochLength: number;
  readonly batchesPerEpoch: number;
  readonly #parts: readonly DataPart[];
  readonly #batch: number;
  readonly #seed: number;
  #cached: { epoch: number; order: Uint32Array } | null = null;

  /**
   * @param batch records in a batch. What is left of an epoch after its last whole batch is not shown.
   * @throws UserError when an epoch does not fill one batch.
   */
  constructor(parts: readonly DataPart[], batch: number, seed: number) {
    this.#parts = parts;
    this.#batch = batch;
    this.#seed = seed;
    this.epochLength = parts.reduce(
      (sum, { count, weight }) => sum + Math.round(count * weight),
      0,
    );
    this.batchesPerEpoch = Math.floor(this.epochLength / batch);
    if (this.batchesPerEpoch === 0) {
      throw new UserError(
        `An epoch shows ${this.epochLength} records, which do not fill one batch of ${batch}. ` +
          'Lower "batch" or raise the "weight" of the data.',
      );
    }
  }

  /** The epoch of a batch, counted from 0. */
  epochOf(batchIndex: number): number {
    return Math.floor(batchIndex / this.batchesPerEpoch);
  }

  /** Where in the order batch `batchIndex` begins, for a checkpoint. */
  positionOf(batchIndex: number): { records: number; epoch: number; position: number } {
    const records = this.#parts.reduce((sum, { count }) => sum + count, 0);
    const position = (batchIndex % this.batchesPerEpoch) * this.#batch;
    return { records, epoch: this.epochOf(batchIndex), position };
  }

  /** The records of batch `batchIndex` (counted from 0 over the whole run). */
  records(batchIndex: number): Uint32Array {
    const epoch = this.epochOf(batchIndex);
    if (this.#cached?.epoch !== epoch) this.#cached = { epoch, order: this.#shuffled(epoch) };
    const start = (batchIndex % this.batchesPerEpoch) * this.#batch;
    return this.#cached.order.subarray(start, start + this.#batch);
  }

  #shuffled(epoch: number): Uint32Array {
    const random = createRandom(this.#seed).fork('order').fork(epoch);
    const order = new Uint32Array(this.epochLength);
    let filled = 0;
    for (const { first, count, weight } of this.#parts) {
      const shown = Math.round(count * weight);
      const whole = Math.floor(shown / count) * count;
      for (let i = 0; i < whole; i++) order[filled + i] = first + (i % count);
      if (shown > whole) {
        const rest = Uint32Array.from({ length: count }, (_, i) => first + i);
        shuffleInPlace(rest, random);
        order.set(rest.subarray(0, shown - whole), filled + whole);
      }
      filled += shown;
    }
    shuffleInPlace(order, random);
    return order;
  }
}

// In place, and typed: an epoch may hold millions of records.
function shuffleInPlace(items: Uint32Array, random: Random): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [items[last], items[other]] = [items[other], items[last]];
  }
}
