import { UserError } from '../src/errors.js';
import { groupBy } from '../src/groupBy.js';
import { createRandom, type Random } from '../src/random.js';

/** Records that an epoch shows equally often. */
export interface DataPart {
  /** Number of the part's first record. */
  first: number;
  count: number;
  /** How often an epoch shows each record; 0.5 shows a random half of them. */
  weight: number;
  /** No batch mixes records that are Chinese with others. */
  chinese?: boolean;
}

export interface OrderSettings {
  /** Records in a batch. What is left of an epoch after its last whole batch is not shown. */
  batch: number;
  seed: number;
  /** Records that are put in random order together. */
  shuffleBuffer: number;
}

/**
 * Neighbouring records that stay near each other in an epoch, so that they can be read from one file: fewer
 * where there are few, of which a share is to be a random one.
 */
function blockSizeOf({ count }: DataPart): number {
  return Math.min(1024, Math.ceil(count / 64));
}

/**
 * The order in which a run shows its records: a pure function of the parts, the seed and the epoch. Chinese records and
 * others have an order of their own each, and batches of both come in random order.
 */
export class DataOrder {
  /** Records shown in an epoch. */
  readonly epochLength: number;
  readonly batchesPerEpoch: number;
  readonly #parts: readonly DataPart[];
  readonly #settings: OrderSettings;
  readonly #orders: readonly LanguageOrder[];
  /** Which order each batch of an epoch is of. */
  #turns: { epoch: number; orders: Uint32Array } | null = null;

  /** @throws UserError when an epoch does not fill one batch. */
  constructor(parts: readonly DataPart[], settings: OrderSettings) {
    this.#parts = parts;
    this.#settings = settings;
    this.#orders = [...groupBy(parts, ({ chinese = false }) => chinese).values()].map(
      (own) => new LanguageOrder(own, settings),
    );
    const sum = (name: 'epochLength' | 'batchesPerEpoch') =>
      this.#orders.reduce((all, order) => all + order[name], 0);
    this.epochLength = sum('epochLength');
    this.batchesPerEpoch = sum('batchesPerEpoch');
  }

  /** The epoch of a batch, counted from 0. */
  epochOf(batchIndex: number): number {
    return Math.floor(batchIndex / this.batchesPerEpoch);
  }

  /** Where in the order batch `batchIndex` begins, for a checkpoint. */
  positionOf(batchIndex: number): { records: number; epoch: number; position: number } {
    const records = this.#parts.reduce((sum, { count }) => sum + count, 0);
    const position = (batchIndex % this.batchesPerEpoch) * this.#settings.batch;
    return { records, epoch: this.epochOf(batchIndex), position };
  }

  /** The records of batch `batchIndex` (counted from 0 over the whole run). */
  records(batchIndex: number): Float64Array {
    const epoch = this.epochOf(batchIndex);
    const [only, ...others] = this.#orders;
    const turn = batchIndex % this.batchesPerEpoch;
    if (others.length === 0) return only.records(epoch, turn);
    const turns = this.#turnsOf(epoch);
    const before = turns
      .subarray(0, turn)
      .reduce((n, order) => n + Number(order === turns[turn]), 0);
    return this.#orders[turns[turn]].records(epoch, before);
  }

  #turnsOf(epoch: number): Uint32Array {
    if (this.#turns?.epoch === epoch) return this.#turns.orders;
    const each = this.#orders.flatMap(({ batchesPerEpoch }, i) =>
      new Array<number>(batchesPerEpoch).fill(i),
    );
    const orders = Uint32Array.from(each);
    shuffleInPlace(orders, createRandom(this.#settings.seed).fork('languages').fork(epoch));
    this.#turns = { epoch, orders };
    return orders;
  }
}

/**
 * The order of records that may share a batch. Blocks of neighbouring records are put in random order, and then the
 * records of so many blocks as `shuffleBuffer` holds. Any batch of any epoch can be asked for, and the memory this takes
 * grows with the blocks only.
 */
class LanguageOrder {
  /** Records shown in an epoch. */
  readonly epochLength: number;
  readonly batchesPerEpoch: number;
  readonly #parts: readonly DataPart[];
  readonly #settings: OrderSettings;
  #epoch: { epoch: number; blocks: Blocks } | null = null;
  #buffer: { epoch: number; index: number; records: Float64Array } | null = null;

  /** @throws UserError when an epoch does not fill one batch. */
  constructor(parts: readonly DataPart[], settings: OrderSettings) {
    this.#parts = parts;
    this.#settings = settings;
    this.epochLength = parts.reduce((sum, part) => sum + shownOf(part), 0);
    this.batchesPerEpoch = Math.floor(this.epochLength / settings.batch);
    if (this.batchesPerEpoch === 0) {
      const which = parts[0].chinese ? 'Chinese records' : 'records';
      throw new UserError(
        `An epoch shows ${this.epochLength} ${which}, which do not fill one batch of ${settings.batch}. ` +
          'Lower "batch" or raise the "weight" of the data.',
      );
    }
  }

  /** The records of an epoch's batch, both counted from 0. */
  records(epoch: number, index: number): Float64Array {
    const { batch, shuffleBuffer } = this.#settings;
    const records = new Float64Array(batch);
    for (let filled = 0; filled < batch; ) {
      const place = index * batch + filled;
      const buffer = this.#bufferOf(epoch, Math.floor(place / shuffleBuffer));
      const start = place % shuffleBuffer;
      const part = buffer.subarray(start, start + batch - filled);
      records.set(part, filled);
      filled += part.length;
    }
    return records;
  }

  /** The records of an epoch's `index`-th buffer, in the order in which they are shown. */
  #bufferOf(epoch: number, index: number): Float64Array {
    if (this.#buffer?.epoch === epoch && this.#buffer.index === index) return this.#buffer.records;
    const { shuffleBuffer } = this.#settings;
    const random = this.#random(epoch);
    if (this.#epoch?.epoch !== epoch) {
      this.#epoch = { epoch, blocks: shuffledBlocks(this.#parts, random.fork('blocks')) };
    }
    const start = index * shuffleBuffer;
    const end = Math.min(this.epochLength, start + shuffleBuffer);
    const records = this.#epoch.blocks.records(start, end);
    shuffleInPlace(records, random.fork('buffer').fork(index));
    this.#buffer = { epoch, index, records };
    return records;
  }

  #random(epoch: number): Random {
    return createRandom(this.#settings.seed).fork('order').fork(epoch);
  }
}

/** How many records of a part an epoch shows. */
function shownOf({ count, weight }: DataPart): number {
  return Math.round(count * weight);
}

/** Blocks of neighbouring records, one after the other. */
class Blocks {
  readonly #firsts: Float64Array;
  /** The place of each block's first record in the sequence, and at last that after the end. */
  readonly #starts: Float64Array;

  constructor(blocks: readonly { first: number; count: number }[], order: Uint32Array) {
    this.#firsts = Float64Array.from(order, (block) => blocks[block].first);
    this.#starts = new Float64Array(blocks.length + 1);
    order.forEach((block, i) => {
      this.#starts[i + 1] = this.#starts[i] + blocks[block].count;
    });
  }

  /** The records from place `start` up to and without `end`. */
  records(start: number, end: number): Float64Array {
    const records = new Float64Array(end - start);
    let block = this.#blockAt(start);
    for (let place = start; place < end; place++) {
      while (this.#starts[block + 1] <= place) block++;
      records[place - start] = this.#firsts[block] + place - this.#starts[block];
    }
    return records;
  }

  #blockAt(place: number): number {
    let [low, high] = [0, this.#firsts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#starts[middle] <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The blocks that an epoch shows, in random order. */
function shuffledBlocks(parts: readonly DataPart[], random: Random): Blocks {
  const blocks = parts.flatMap((part, index) => {
    const blockSize = blockSizeOf(part);
    const all = Array.from({ length: Math.ceil(part.count / blockSize) }, (_, i) => ({
      first: part.first + i * blockSize,
      count: Math.min(blockSize, part.count - i * blockSize),
    }));
    const shown: { first: number; count: number }[] = [];
    let left = shownOf(part);
    for (; left >= part.count && left > 0; left -= part.count) shown.push(...all);
    // What is left is less than all: blocks at random, the last one as far as it is needed.
    const rest = Uint32Array.from(all, (_, i) => i);
    shuffleInPlace(rest, random.fork(index));
    for (let i = 0; left > 0; i++) {
      const { first, count } = all[rest[i]];
      const taken = Math.min(count, left);
      // Of a block, any stretch.
      const skipped = random
        .fork(index)
        .fork('skipped')
        .integer(count - taken + 1);
      shown.push({ first: first + skipped, count: taken });
      left -= taken;
    }
    return shown;
  });
  const order = Uint32Array.from(blocks, (_, i) => i);
  shuffleInPlace(order, random);
  return new Blocks(blocks, order);
}

// In place, and typed: there may be millions.
function shuffleInPlace(items: Uint32Array | Float64Array, random: Random): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [items[last], items[other]] = [items[other], items[last]];
  }
}
