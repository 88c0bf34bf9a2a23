import { TaskThreads } from '../src/threads/taskThreads.js';
import type { BatchMaker } from './serveBatches.js';

/** Where batches are prepared. */
export interface LoaderThreads<Source, Batch> {
  /** A script that calls `serveBatches`. */
  script: URL;
  /** What each thread is given to prepare batches from: plain data. */
  source: Source;
  /** How many threads there are. With 0, batches are prepared by `here`, in the calling thread. */
  count: number;
  /** Does what the script does. */
  here(source: Source): BatchMaker<Batch>;
}

/** Which batches are handed out. */
export interface LoadedSteps {
  /** The first step, counted from 0, and the one after the last. */
  start: number;
  end: number;
  /** Batches of a step. */
  batches: number;
  /** How often a step's batches are handed out, one round after the other. */
  times: number;
}

/** Prepares batches by number. */
interface Preparation<Batch> {
  run(index: number): Promise<Batch>;
  close(): Promise<void>;
}

/**
 * Prepares batches on worker threads, ahead of their use and bounded: as many are ready or under way as
 * twice the number of threads. They are handed out in order, whichever thread is done first. Without
 * threads, one batch is prepared ahead.
 */
export class BatchLoader<Source, Batch extends object> {
  readonly #preparation: Preparation<Batch>;
  readonly #batches: Promise<Batch>[] = [];
  readonly #ahead: number;
  readonly #steps: LoadedSteps;
  readonly #end: number;
  #requested: number;

  /** Hands out the batches of the steps from `start` up to and without `end`. */
  constructor(threads: LoaderThreads<Source, Batch>, steps: LoadedSteps) {
    const perStep = steps.batches * steps.times;
    this.#steps = steps;
    this.#requested = steps.start * perStep;
    this.#end = steps.end * perStep;
    const { script, source } = threads;
    const count = Math.min(threads.count, Math.max(1, this.#end - this.#requested));
    this.#preparation =
      count === 0 ? inThisThread(threads.here(source)) : new TaskThreads(script, { count, source });
    this.#ahead = Math.max(1, 2 * count);
    this.#request();
  }

  /**
   * The next batch in order.
   * @throws what a thread failed with; UserError for bad data; RangeError after the last batch.
   */
  async next(): Promise<Batch> {
    const batch = this.#batches.shift();
    if (!batch)
      throw new RangeError(`There is no batch ${this.#end}: the last one was handed out.`);
    this.#request();
    return batch;
  }

  /** Ends the threads, and closes files. */
  close(): Promise<void> {
    return this.#preparation.close();
  }

  #request(): void {
    while (this.#requested < this.#end && this.#batches.length < this.#ahead) {
      const batch = this.#preparation.run(this.#numberOf(this.#requested++));
      // It fails where its turn comes.
      batch.catch(() => {});
      this.#batches.push(batch);
    }
  }

  #numberOf(turn: number): number {
    const { batches, times } = this.#steps;
    const step = Math.floor(turn / (batches * times));
    return step * batches + (turn % batches);
  }
}

/** One batch after the other. */
function inThisThread<Batch>(maker: BatchMaker<Batch>): Preparation<Batch> {
  let before: Promise<unknown> = Promise.resolve();
  return {
    run(index) {
      const batch = before.then(() => maker.build(index));
      before = batch.catch(() => {});
      return batch;
    },
    async close() {
      await before;
      maker.close?.();
    },
  };
}
