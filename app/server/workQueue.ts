import { Overloaded } from './errors.js';

export interface WorkQueueOptions {
  /** Turns that run at the same time. */
  concurrency: number;
  /** Requests that may wait besides as many that run. */
  queue: number;
}

interface Waiting {
  start(): void;
}

/** Weight of the newest turn in the mean of their times. */
const newest = 0.1;
const mostSeconds = 60;

/**
 * Lets in as many requests as can be served soon, and gives their pictures turns, in the order in which
 * they ask.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<Waiting>();
  #admitted = 0;
  #running = 0;
  /** Of a turn, in seconds. */
  #meanSeconds = 0.5;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Requests that were let in and are not answered. */
  get admitted(): number {
    return this.#admitted;
  }

  /** Pictures that wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running;
  }

  /** When, in whole seconds, a request that is turned away may find room. */
  get retryAfter(): number {
    const ahead = Math.max(this.#waiting.size + this.#running, 1);
    const seconds = (ahead * this.#meanSeconds) / this.#options.concurrency;
    return Math.min(Math.max(Math.ceil(seconds), 1), mostSeconds);
  }

  /** @throws Overloaded when no request can be let in. */
  checkRoom(): void {
    const { concurrency, queue } = this.#options;
    if (this.#admitted >= concurrency + queue) throw new Overloaded(this.retryAfter);
  }

  /**
   * Lets a request in.
   * @returns what is to be called when it has been answered.
   * @throws Overloaded when too many are in.
   */
  admit(): () => void {
    this.checkRoom();
    this.#admitted++;
    let inside = true;
    return () => {
      if (inside) this.#admitted--;
      inside = false;
    };
  }

  /**
   * Does work when its turn comes.
   * @param signal drops it while it waits.
   * @throws what the work throws, or the signal's reason.
   */
  async turn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#wait(signal);
    const start = performance.now();
    try {
      return await work();
    } finally {
      const seconds = (performance.now() - start) / 1000;
      this.#meanSeconds += newest * (seconds - this.#meanSeconds);
      this.#running--;
      this.#startNext();
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        reject(signal!.reason);
      };
      const waiting: Waiting = {
        start: () => {
          signal?.removeEventListener('abort', leave);
          this.#running++;
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(waiting);
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#running >= this.#options.concurrency) return;
    const [next] = this.#waiting;
    if (!next) return;
    this.#waiting.delete(next);
    next.start();
  }
}
