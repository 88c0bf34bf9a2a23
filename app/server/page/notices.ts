import { byId } from './dom.js';

const shownFor = 6000;

/** Short messages: one place to see them, and one to be read out. */
export class Notices {
  readonly #box = byId('notice', HTMLElement);
  readonly #alert = byId('alert', HTMLElement);
  readonly #status = byId('status', HTMLElement);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    byId('notice-close', HTMLButtonElement).addEventListener('click', () => this.clear());
  }

  /** Something went wrong; stays until it is closed or another message comes. */
  error(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#show(message, true);
    this.#alert.textContent = message;
  }

  /** Something was done, or is being waited for. */
  say(message: string, ms = shownFor): void {
    this.#show(message, false);
    this.#status.textContent = message;
    this.#timer = setTimeout(() => this.clear(), ms);
  }

  /** Only read out, for those who do not see the page change. */
  whisper(message: string): void {
    this.#status.textContent = message;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#box.hidden = true;
  }

  #show(message: string, isError: boolean): void {
    clearTimeout(this.#timer);
    this.#box.hidden = false;
    this.#box.classList.toggle('is-error', isError);
    byId('notice-text', HTMLElement).textContent = message;
  }
}
