import type { Advice } from './contract.js';
import { arrange, html } from './dom.js';

/** Says below the chips what the model knows too little about. */
export class AdviceList {
  readonly #list: HTMLElement;
  #advice: readonly Advice[] = [];
  #items = new Map<string, HTMLElement>();

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  set advice(advice: readonly Advice[]) {
    this.#advice = advice;
  }

  /** @param labels of the chips: a word that is still being typed is far from every name, until it is whole. */
  show(labels: readonly string[]): void {
    const shown = this.#advice.filter(({ label }) => labels.includes(label));
    const items = shown.map(({ message }) => {
      const item = this.#items.get(message) ?? html('li', {}, message);
      return [message, item] as const;
    });
    this.#items = new Map(items);
    arrange(this.#list, [...this.#items.values()]);
    this.#list.hidden = shown.length === 0;
  }
}
