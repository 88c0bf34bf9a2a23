import { byId } from './dom.js';
import type { ExampleLabel } from './exampleLabels.js';

export interface MoreLikeEvents {
  /** @param label that it is to be an example of; a new one where there is none. */
  more(label: ExampleLabel | undefined): Promise<void>;
  /** It looks alike, and is not meant. */
  notThis(label: ExampleLabel): Promise<void>;
}

/** The buttons that make an example of a region, and the choice of its label where there are some. */
export class MoreLike {
  readonly #choice = byId('more-like-label', HTMLSelectElement);
  readonly #more = byId('more-like', HTMLButtonElement);
  readonly #not = byId('not-this', HTMLButtonElement);
  #labels: readonly ExampleLabel[] = [];
  /** What was chosen last; a new label where it is gone. */
  #chosen: ExampleLabel | undefined;

  constructor({ more, notThis }: MoreLikeEvents) {
    this.#choice.addEventListener('change', () => {
      this.#chosen = this.#labels[Number(this.#choice.value)];
      this.#update();
    });
    this.#more.addEventListener('click', () => void this.#busy(() => more(this.#label)));
    this.#not.addEventListener('click', () => {
      const label = this.#label;
      if (label) void this.#busy(() => notThis(label));
    });
  }

  /** @param own the label under which the region was found. */
  show(labels: readonly ExampleLabel[], own: ExampleLabel | undefined): void {
    this.#labels = labels;
    this.#choice.replaceChildren(
      new Option('As a new label', ''),
      ...labels.map(({ name }, i) => new Option(`For “${name}”`, String(i))),
    );
    const at = labels.indexOf((own ?? this.#chosen) as ExampleLabel);
    this.#choice.value = at < 0 ? '' : String(at);
    this.#update();
  }

  get #label(): ExampleLabel | undefined {
    return this.#choice.value === '' ? undefined : this.#labels[Number(this.#choice.value)];
  }

  #update(): void {
    this.#choice.hidden = this.#labels.length === 0;
    this.#not.hidden = this.#label === undefined;
  }

  async #busy(work: () => Promise<void>): Promise<void> {
    const controls = [this.#choice, this.#more, this.#not];
    for (const control of controls) control.disabled = true;
    try {
      await work();
    } finally {
      for (const control of controls) control.disabled = false;
    }
  }
}
