import type { Api } from './api.js';
import type { Round } from './contract.js';
import { byId } from './dom.js';
import type { Notices } from './notices.js';

const path = 'v1/review/round';
/** Milliseconds between questions how far it is. */
const pause = 800;

/** The button that has the server propose boxes anew where nobody has looked, by what was accepted and drawn. */
export class RoundControl {
  readonly #api: Api;
  readonly #notices: Notices;
  readonly #renew: () => Promise<void>;
  readonly #button = byId('propose-again', HTMLButtonElement);
  readonly #text = byId('round-state', HTMLElement);
  #isLooking = false;

  /** @param renew takes over what was proposed. */
  constructor(api: Api, notices: Notices, renew: () => Promise<void>) {
    this.#api = api;
    this.#notices = notices;
    this.#renew = renew;
    byId('round', HTMLElement).hidden = false;
    this.#button.addEventListener('click', () => void this.#pressed());
    // It may have been begun before the page was loaded.
    void this.#told(() => this.#api.json<Round>(path));
  }

  async #pressed(): Promise<void> {
    if (!this.#isLooking) return this.#told(() => this.#api.json(path, { method: 'POST' }));
    await this.#api.send(path, { method: 'DELETE' }).catch((error) => this.#notices.error(error));
  }

  /** Follows a round from what the server says first to its end. */
  async #told(first: () => Promise<Round>): Promise<void> {
    try {
      let round = await first();
      if (round.state !== 'looking') return;
      while (round.state === 'looking') {
        this.#show(round);
        await new Promise((resolve) => setTimeout(resolve, pause));
        round = await this.#api.json<Round>(path);
      }
      if (round.state === 'failed') throw new Error(round.message);
      if (round.state === 'done') {
        await this.#renew();
        const pictures = round.total === 1 ? '1 picture' : `${round.total} pictures`;
        this.#notices.say(`Proposed anew in ${pictures}`);
      }
    } catch (error) {
      this.#notices.error(error);
    } finally {
      this.#show(undefined);
    }
  }

  #show(round: Round | undefined): void {
    this.#isLooking = round !== undefined;
    this.#button.textContent = round ? 'Stop' : 'Propose again';
    const { done = 0, total = 0 } = round ?? {};
    const far = total > 0 ? `Looking: ${done} of ${total}` : 'Looking at what you accepted';
    this.#text.textContent = round ? far : '';
  }
}
