import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.js';
import type { WorkerAnswer } from './serveBatches.js';

/** The threads of a loader. */
export interface LoaderThreads {
  /** A script that calls `serveBatches`. */
  script: URL;
  /** What each thread is given to prepare batches from: plain data. */
  source: unknown;
  /** How many threads there are. */
  count: number;
}

interface Waiting<Batch> {
  resolve(batch: Batch): void;
  reject(error: Error): void;
}

/**
 * Prepares batches on worker threads, ahead of their use and bounded: as many are ready or under way as
 * twice the number of threads. They are handed out in order, whichever thread is done first.
 */
export class BatchLoader<Batch> {
  readonly #workers: Worker[];
  readonly #idle: Worker[];
  readonly #ready = new Map<number, Batch>();
  readonly #ahead: number;
  readonly #end: number;
  #next: number;
  #requested: number;
  #waiting: Waiting<Batch> | null = null;
  #failure: Error | null = null;

  /** Hands out the batches from `start` up to and without `end`. */
  constructor(threads: LoaderThreads, start: number, end: number) {
    this.#next = start;
    this.#requested = start;
    this.#end = end;
    const count = Math.max(1, Math.min(threads.count, end - start));
    this.#ahead = 2 * count;
    this.#workers = Array.from({ length: count }, () => {
      const worker = new Worker(threads.script, { workerData: threads.source });
      worker.on('message', (answer: WorkerAnswer<Batch>) => this.#receive(worker, answer));
      worker.on('error', (error) => this.#fail(error));
      return worker;
    });
    this.#idle = [...this.#workers];
    this.#request();
  }

  /** The next batch in order. @throws what a thread failed with; UserError for bad data. */
  next(): Promise<Batch> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#deliver();
    });
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #receive(worker: Worker, answer: WorkerAnswer<Batch>): void {
    if ('error' in answer) {
      this.#fail(answer.forPeople ? new UserError(answer.error) : new Error(answer.error));
      return;
    }
    this.#ready.set(answer.index, answer.batch);
    this.#idle.push(worker);
    this.#deliver();
    this.#request();
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#deliver();
  }

  #deliver(): void {
    if (!this.#waiting) return;
    const { resolve, reject } = this.#waiting;
    const batch = this.#ready.get(this.#next);
    if (batch) {
      this.#ready.delete(this.#next++);
      this.#waiting = null;
      resolve(batch);
      this.#request();
    } else if (this.#failure) {
      this.#waiting = null;
      reject(this.#failure);
    }
  }

  #request(): void {
    const limit = Math.min(this.#end, this.#next + this.#ahead);
    while (this.#requested < limit && this.#idle.length > 0) {
      this.#idle.shift()!.postMessage(this.#requested++);
    }
  }
}
