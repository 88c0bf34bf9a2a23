/** An amount of which requests hold shares: bytes, or pixels. */
export class HeldAmount {
  readonly #most: number;
  readonly #waiting: { amount: number; start(): void }[] = [];
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** @returns what gives the share back, or undefined where there is not so much left. */
  tryTake(amount: number): (() => void) | undefined {
    if (this.#held + amount > this.#most || this.#waiting.length > 0) return undefined;
    return this.#take(amount);
  }

  /**
   * Waits until there is so much left, or nothing is held.
   * @returns what gives the share back.
   * @throws the signal's reason.
   */
  async take(amount: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal!.reason);
        this.#startNext();
      };
      const waiting = {
        amount,
        start: () => {
          signal?.removeEventListener('abort', leave);
          resolve(this.#take(amount));
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#startNext();
    });
  }

  #take(amount: number): () => void {
    this.#held += amount;
    let holds = true;
    return () => {
      if (!holds) return;
      holds = false;
      this.#held -= amount;
      this.#startNext();
    };
  }

  #startNext(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (!next || (this.#held > 0 && this.#held + next.amount > this.#most)) return;
      this.#waiting.shift();
      next.start();
    }
  }
}
