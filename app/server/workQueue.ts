import { Overloaded } from './errors.js';
import type { Limits } from './limits.js';
import { PictureTurns } from './pictureTurns.js';

export type WorkQueueOptions = Pick<Limits, 'concurrency' | 'queue' | 'pixels' | 'heldPixels'>;

/** Weight of the newest turn in the mean of their times. */
const newest = 0.1;
const mostSeconds = 60;

/** Lets in as many requests as can be served soon, and gives their pictures turns: so many, of so many pixels together. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #turns: PictureTurns;
  #admitted = 0;
  /** Of a turn, in seconds. */
  #meanSeconds = 0.5;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    const { concurrency: turns, pixels, heldPixels } = options;
    const others = heldPixels - pixels;
    this.#turns = new PictureTurns(pixels, { turns, size: others }, { turns, size: pixels });
  }

  /** Requests that were let in and are not answered. */
  get admitted(): number {
    return this.#admitted;
  }

  /** Pictures that wait for their turn. */
  get waiting(): number {
    return this.#turns.waiting;
  }

  get running(): number {
    return this.#turns.running;
  }

  /** When, in whole seconds, a request that is turned away may find room. */
  get retryAfter(): number {
    const ahead = Math.max(this.waiting + this.running, 1);
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
   * @param pixels of the picture's that has to be read for it.
   * @param signal drops it while it waits.
   * @throws what the work throws, or the signal's reason.
   */
  turn<T>(work: () => Promise<T>, pixels = 0, signal?: AbortSignal): Promise<T> {
    const timed = async () => {
      const start = performance.now();
      try {
        return await work();
      } finally {
        const seconds = (performance.now() - start) / 1000;
        this.#meanSeconds += newest * (seconds - this.#meanSeconds);
      }
    };
    return this.#turns.turn(timed, pixels, signal);
  }
}
