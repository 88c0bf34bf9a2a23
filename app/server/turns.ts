/** How much may be under way in turns at the same time. */
export interface TurnLimits {
  turns: number;
  /** The sum of their sizes; a larger one has its turn alone. Default: any. */
  size?: number;
}

interface Waiting {
  size: number;
  /** How many that came later had their turns before it. */
  passed: number;
  start(): void;
}

/** So many others have their turns before who has waited for longest. */
const mostPassed = 8;

/**
 * Gives work its turns, the smallest first and those of one size in the order in which they ask: what is quick shall
 * not wait for all that takes long. What is large waits for no more than some that are small.
 */
export class Turns {
  readonly #limits: Required<TurnLimits>;
  /** In the order in which they came. */
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #size = 0;

  constructor({ turns, size = Infinity }: TurnLimits) {
    this.#limits = { turns, size };
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get running(): number {
    return this.#running;
  }

  /**
   * Does work when its turn comes.
   * @param signal drops it while it waits.
   * @throws what the work throws, or the signal's reason.
   */
  async turn<T>(work: () => Promise<T>, size = 0, signal?: AbortSignal): Promise<T> {
    await this.#wait(size, signal);
    try {
      return await work();
    } finally {
      this.#running--;
      this.#size -= size;
      this.#startNext();
    }
  }

  #wait(size: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal!.reason);
        this.#startNext();
      };
      const waiting: Waiting = {
        size,
        passed: 0,
        start: () => {
          signal?.removeEventListener('abort', leave);
          this.#running++;
          this.#size += size;
          resolve();
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#startNext();
    });
  }

  #startNext(): void {
    while (this.#waiting.length > 0) {
      const next = this.#next();
      if (this.#running > 0 && !this.#fits(this.#waiting[next])) return;
      const [started] = this.#waiting.splice(next, 1);
      for (const earlier of this.#waiting.slice(0, next)) earlier.passed++;
      started.start();
    }
  }

  #next(): number {
    if (this.#waiting[0].passed >= mostPassed) return 0;
    let smallest = 0;
    this.#waiting.forEach(({ size }, i) => {
      if (size < this.#waiting[smallest].size) smallest = i;
    });
    return smallest;
  }

  #fits({ size }: Waiting): boolean {
    return this.#running < this.#limits.turns && this.#size + size <= this.#limits.size;
  }
}
