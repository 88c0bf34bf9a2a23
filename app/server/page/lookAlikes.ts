import type { Box, LookAlike } from './contract.js';
import { byId, html } from './dom.js';
import { Latest } from './latest.js';
import type { SentPicture } from './sentPicture.js';

const count = 6;

/** A small list of bars: what a region of the picture looks most like. */
export class LookAlikes {
  readonly #card = byId('look-alikes', HTMLElement);
  readonly #list = byId('look-alike-list', HTMLElement);
  readonly #title = byId('look-alike-title', HTMLElement);
  readonly #latest: Latest<[SentPicture, Box]>;

  constructor(failed: (error: unknown) => void, closed: () => void) {
    this.#latest = new Latest(
      60,
      async (signal, picture, box) => this.#show(await picture.lookAlikes(box, count, signal)),
      (error) => {
        this.hide();
        failed(error);
      },
    );
    byId('look-alike-close', HTMLButtonElement).addEventListener('click', () => {
      this.hide();
      closed();
    });
  }

  /** @param title names the region. */
  ask(picture: SentPicture, box: Box, title: string): void {
    this.#title.textContent = title;
    this.#card.hidden = false;
    this.#card.setAttribute('aria-busy', 'true');
    this.#latest.call([picture, box]);
  }

  hide(): void {
    this.#latest.cancel();
    this.#card.hidden = true;
    this.#list.replaceChildren();
  }

  #show(lookAlikes: readonly LookAlike[]): void {
    this.#card.setAttribute('aria-busy', 'false');
    const most = Math.max(...lookAlikes.map(({ probability }) => probability), 1e-9);
    this.#list.replaceChildren(
      ...lookAlikes.map(({ name, probability }) => {
        const bar = html('span', { class: 'bar', 'aria-hidden': 'true' });
        bar.style.width = `${(100 * probability) / most}%`;
        return html(
          'li',
          {},
          html('span', { class: 'bar-name' }, name),
          html('span', { class: 'bar-track' }, bar),
          html('span', { class: 'bar-value' }, percent(probability)),
        );
      }),
    );
  }
}

function percent(share: number): string {
  const value = share * 100;
  return value > 0 && value < 0.1 ? '< 0.1 %' : `${value.toFixed(value < 10 ? 1 : 0)} %`;
}
