import { isAbort } from './api.js';

/**
 * A task of which only the latest call counts: it starts once calls have paused for `delay` ms, and the one
 * before it is aborted, so that its answer never comes after a newer one's.
 */
export class Latest<A extends unknown[]> {
  #delay: number;
  #run: (signal: AbortSignal, ...args: A) => Promise<void>;
  #failed: (error: unknown) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #current: AbortController | undefined;

  constructor(
    delay: number,
    run: (signal: AbortSignal, ...args: A) => Promise<void>,
    failed: (error: unknown) => void,
  ) {
    this.#delay = delay;
    this.#run = run;
    this.#failed = failed;
  }

  /** @param delay instead of the usual one. */
  call(args: A, delay = this.#delay): void {
    this.cancel();
    this.#timer = setTimeout(() => void this.#start(args), delay);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#current?.abort();
    this.#current = undefined;
  }

  async #start(args: A): Promise<void> {
    const controller = new AbortController();
    this.#current = controller;
    try {
      await this.#run(controller.signal, ...args);
    } catch (error) {
      if (!isAbort(error) && !controller.signal.aborted) this.#failed(error);
    }
  }
}
