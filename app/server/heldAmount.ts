/** An amount of bytes of which requests hold shares. */
export class HeldAmount {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** @returns what gives the share back, or undefined where there is not so much left. */
  tryTake(amount: number): (() => void) | undefined {
    if (this.#held + amount > this.#most) return undefined;
    this.#held += amount;
    let holds = true;
    return () => {
      if (holds) this.#held -= amount;
      holds = false;
    };
  }
}
