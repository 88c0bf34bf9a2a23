import { css } from '../../../src/images/labelColours.js';
import type { ShownBox } from './boxLayer.js';
import { arrange, html } from './dom.js';

/** A box in the list, and how long the bar below it is, 0..1. */
export type ListedBox = ShownBox & { share?: number };

export interface FoundListEvents {
  point(key: number | undefined): void;
  choose(key: number): void;
}

/** The boxes as a list: one stop of the Tab key, the arrow keys go through it. */
export class FoundList {
  readonly #list: HTMLElement;
  readonly #events: FoundListEvents;
  readonly #items = new Map<number, HTMLElement>();

  /** @param list has the role `listbox`. */
  constructor(list: HTMLElement, events: FoundListEvents) {
    this.#list = list;
    this.#events = events;
    list.addEventListener('keydown', (event) => this.#key(event));
    list.addEventListener('pointerleave', () => events.point(undefined));
    list.addEventListener('focusout', () => events.point(undefined));
  }

  set boxes(boxes: readonly ListedBox[]) {
    const keys = new Set(boxes.map(({ key }) => key));
    for (const key of this.#items.keys()) if (!keys.has(key)) this.#items.delete(key);
    const items = boxes.map((box) => {
      const item = this.#items.get(box.key) ?? this.#create(box.key);
      fill(item, box);
      return item;
    });
    arrange(this.#list, items);
    this.#makeStop(items.find((item) => item === document.activeElement));
  }

  mark(pointed: number | undefined, selected: number | undefined): void {
    for (const [key, item] of this.#items) {
      item.classList.toggle('is-pointed', key === pointed);
      item.setAttribute('aria-selected', String(key === selected));
    }
    if (selected !== undefined) this.#makeStop(this.#items.get(selected));
  }

  /** Scrolls to an item without moving the page. */
  reveal(key: number): void {
    const item = this.#items.get(key);
    if (!item) return;
    const { top, bottom } = this.#list.getBoundingClientRect();
    const rect = item.getBoundingClientRect();
    if (rect.top < top) this.#list.scrollTop -= top - rect.top;
    else if (rect.bottom > bottom) this.#list.scrollTop += rect.bottom - bottom;
  }

  #create(key: number): HTMLElement {
    const item = html(
      'div',
      { role: 'option', tabindex: -1, 'aria-selected': 'false' },
      html('span', { class: 'dot', 'aria-hidden': 'true' }),
      html('span', { class: 'found-label' }),
      html('span', { class: 'found-note' }),
      html('span', { class: 'found-bar', 'aria-hidden': 'true' }),
    );
    this.#items.set(key, item);
    // A finger that has gone points at nothing, and nor does the focus it leaves.
    item.addEventListener('pointerenter', ({ pointerType }) => {
      if (pointerType === 'mouse') this.#events.point(key);
    });
    item.addEventListener('focus', () => {
      if (item.matches(':focus-visible')) this.#events.point(key);
    });
    item.addEventListener('click', () => this.#events.choose(key));
    return item;
  }

  #key(event: KeyboardEvent): void {
    const items = [...this.#list.children] as HTMLElement[];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      const next = items[Math.max(0, Math.min(to, items.length - 1))];
      this.#makeStop(next);
      next.focus();
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      event.stopPropagation();
      items[at].click();
    }
  }

  #makeStop(item: HTMLElement | undefined): void {
    const stop = item ?? this.#list.firstElementChild;
    for (const each of this.#items.values()) each.tabIndex = each === stop ? 0 : -1;
  }
}

function fill(item: HTMLElement, { label, note, colour, share }: ListedBox): void {
  const [dot, labelText, noteText, bar] = item.children as HTMLCollectionOf<HTMLElement>;
  dot.style.background = css(colour);
  if (labelText.textContent !== label) labelText.textContent = label;
  if (noteText.textContent !== note) noteText.textContent = note;
  bar.hidden = share === undefined;
  bar.style.setProperty('--share', String(share ?? 0));
  bar.style.background = css(colour);
}
