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

  /** Waits until there is so much left, or nothing is held. @returns what gives the share back. */
  take(amount: number): Promise<() => void> {
    return new Promise((resolve) => {
      this.#waiting.push({ amount, start: () => resolve(this.#take(amount)) });
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
