import { TaskThreads } from '../src/threads/taskThreads.js';

/** The threads of a loader. */
export interface LoaderThreads {
  /** A script that calls `serveBatches`. */
  script: URL;
  /** What each thread is given to prepare batches from: plain data. */
  source: unknown;
  /** How many threads there are. */
  count: number;
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

/**
 * Prepares batches on worker threads, ahead of their use and bounded: as many are ready or under way as
 * twice the number of threads. They are handed out in order, whichever thread is done first.
 */
export class BatchLoader<Batch extends object> {
  readonly #threads: TaskThreads<number, Batch>;
  readonly #batches: Promise<Batch>[] = [];
  readonly #ahead: number;
  readonly #steps: LoadedSteps;
  readonly #end: number;
  #requested: number;

  /** Hands out the batches of the steps from `start` up to and without `end`. */
  constructor({ script, source, count: threads }: LoaderThreads, steps: LoadedSteps) {
    const perStep = steps.batches * steps.times;
    this.#steps = steps;
    this.#requested = steps.start * perStep;
    this.#end = steps.end * perStep;
    const count = Math.max(1, Math.min(threads, this.#end - this.#requested));
    this.#threads = new TaskThreads(script, { count, source });
    this.#ahead = 2 * count;
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

  /** Ends the threads. */
  close(): Promise<void> {
    return this.#threads.close();
  }

  #request(): void {
    while (this.#requested < this.#end && this.#batches.length < this.#ahead) {
      const batch = this.#threads.run(this.#numberOf(this.#requested++));
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
