import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.js';
import type { BatchSource, PreparedBatch } from './batches.js';
import type { WorkerAnswer } from './loader.worker.js';

interface Waiting {
  resolve(batch: PreparedBatch): void;
  reject(error: Error): void;
}

/**
 * Prepares batches on worker threads, ahead of their use and bounded: as many are ready or under way as
 * twice the number of threads. They are handed out in order, whichever thread is done first.
 */
export class BatchLoader {
  readonly #workers: Worker[];
  readonly #idle: Worker[];
  readonly #ready = new Map<number, PreparedBatch>();
  readonly #ahead: number;
  readonly #end: number;
  #next: number;
  #requested: number;
  #waiting: Waiting | null = null;
  #failure: Error | null = null;

  /** Hands out the batches from `start` up to and without `end`. */
  constructor(source: BatchSource, start: number, end: number) {
    this.#next = start;
    this.#requested = start;
    this.#end = end;
    const count = Math.max(1, Math.min(source.config.workers, end - start));
    this.#ahead = 2 * count;
    const code = new URL('./loader.worker.js', import.meta.url);
    this.#workers = Array.from({ length: count }, () => {
      const worker = new Worker(code, { workerData: source });
      worker.on('message', (answer: WorkerAnswer) => this.#receive(worker, answer));
      worker.on('error', (error) => this.#fail(error));
      return worker;
    });
    this.#idle = [...this.#workers];
    this.#request();
  }

  /** The next batch in order. @throws what a thread failed with; UserError for bad data. */
  next(): Promise<PreparedBatch> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#deliver();
    });
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #receive(worker: Worker, answer: WorkerAnswer): void {
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
