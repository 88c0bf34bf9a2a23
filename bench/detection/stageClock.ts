/** Adds up what stages take, in milliseconds. */
export class StageClock {
  #spent = new Map<string, number>();

  /** Times what `work` does. */
  async time<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#spent.set(stage, this.of(stage) + performance.now() - start);
    }
  }

  /** Times every call of a method from now on. */
  watch<K extends string>(
    object: { [name in K]: (...args: never[]) => Promise<unknown> },
    method: K,
    stage: string,
  ): void {
    const original = object[method].bind(object) as (...args: unknown[]) => Promise<unknown>;
    object[method] = (...args: unknown[]) => this.time(stage, () => original(...args));
  }

  /** What a stage took since `reset`. */
  of(stage: string): number {
    return this.#spent.get(stage) ?? 0;
  }

  reset(): void {
    this.#spent.clear();
  }
}
