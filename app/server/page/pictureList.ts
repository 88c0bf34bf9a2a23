import type { ReviewEntry } from './contract.js';
import { byId, html } from './dom.js';

export interface PictureListEvents {
  open(index: number): void;
}

const marks = {
  found: { text: 'to review', sign: '' },
  empty: { text: 'nothing found', sign: '∅' },
  failed: { text: 'failed', sign: '!' },
  reviewed: { text: 'reviewed', sign: '✓' },
} as const;

/** The pictures to review, in the chosen order. */
export class PictureList {
  readonly #list = byId('pictures', HTMLElement);
  readonly #order = byId('order', HTMLSelectElement);
  readonly #events: PictureListEvents;
  readonly #items = new Map<number, HTMLElement>();
  #pictures: ReviewEntry[] = [];
  #sorted: ReviewEntry[] = [];
  #current: number | undefined;

  constructor(pictures: readonly ReviewEntry[], events: PictureListEvents) {
    this.#events = events;
    this.#order.addEventListener('change', () => this.#sort());
    this.#list.addEventListener('keydown', (event) => this.#key(event));
    this.pictures = pictures;
  }

  set pictures(pictures: readonly ReviewEntry[]) {
    this.#pictures = pictures.map((picture) => ({ ...picture }));
    for (const picture of this.#pictures) {
      const item = this.#items.get(picture.index) ?? this.#create(picture);
      fill(item, picture);
      this.#items.set(picture.index, item);
    }
    this.#sort();
    this.#count();
  }

  get count(): number {
    return this.#pictures.length;
  }

  get first(): number | undefined {
    return (this.#sorted.find(({ reviewed }) => !reviewed) ?? this.#sorted[0])?.index;
  }

  entry(index: number): ReviewEntry | undefined {
    return this.#pictures.find((picture) => picture.index === index);
  }

  /** The place in the order, from 1. */
  placeOf(index: number): number {
    return this.#sorted.findIndex((picture) => picture.index === index) + 1;
  }

  /** So many places further in the order, if there is a picture there. */
  neighbour(index: number, step: number): number | undefined {
    return this.#sorted[this.placeOf(index) - 1 + step]?.index;
  }

  /** The next picture that is not reviewed, from the beginning again after the last. */
  nextOpen(index: number): number | undefined {
    const place = this.placeOf(index);
    const rest = [...this.#sorted.slice(place), ...this.#sorted.slice(0, place - 1)];
    return rest.find(({ reviewed, status }) => !reviewed && status !== 'failed')?.index;
  }

  setCurrent(index: number): void {
    const former = this.#items.get(this.#current ?? Number.NaN);
    former?.setAttribute('aria-selected', 'false');
    this.#current = index;
    const item = this.#items.get(index);
    item?.setAttribute('aria-selected', 'true');
    for (const each of this.#items.values()) each.tabIndex = each === item ? 0 : -1;
    if (!item) return;
    // Not `scrollIntoView`: that would scroll a phone's page as well.
    const { top, bottom, height } = this.#list.getBoundingClientRect();
    const rect = item.getBoundingClientRect();
    if (rect.top < top || rect.bottom > bottom) {
      this.#list.scrollTop += rect.top - top - (height - rect.height) / 2;
    }
  }

  setReviewed(index: number, boxes: number): void {
    const picture = this.entry(index);
    if (!picture) return;
    Object.assign(picture, { reviewed: true, boxes });
    fill(this.#items.get(index) as HTMLElement, picture);
    this.#count();
  }

  #create({ index }: ReviewEntry): HTMLElement {
    const item = html('div', { role: 'option', tabindex: -1, 'aria-selected': 'false' });
    item.addEventListener('click', () => this.#events.open(index));
    return item;
  }

  #sort(): void {
    const byName = (a: ReviewEntry, b: ReviewEntry) =>
      a.file.localeCompare(b.file, undefined, { numeric: true });
    const byUncertainty = (a: ReviewEntry, b: ReviewEntry) =>
      b.uncertainty - a.uncertainty || byName(a, b);
    this.#sorted = this.#pictures.toSorted(this.#order.value === 'name' ? byName : byUncertainty);
    this.#list.replaceChildren(
      ...this.#sorted.map(({ index }) => this.#items.get(index) as HTMLElement),
    );
    if (this.#current !== undefined) this.setCurrent(this.#current);
  }

  #count(): void {
    const done = this.#pictures.filter(({ reviewed }) => reviewed).length;
    byId('reviewed-count', HTMLElement).textContent = `${done} of ${this.count} reviewed`;
    const bar = byId('reviewed-bar', HTMLProgressElement);
    bar.max = Math.max(1, this.count);
    bar.value = done;
  }

  #key(event: KeyboardEvent): void {
    const items = [...this.#list.children] as HTMLElement[];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[Math.max(0, Math.min(to, items.length - 1))].focus();
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.#events.open(this.#sorted[at].index);
    }
  }
}

function fill(item: HTMLElement, { file, boxes, status, reviewed, uncertainty }: ReviewEntry) {
  const state = reviewed ? 'reviewed' : status in marks ? (status as keyof typeof marks) : 'found';
  const { text, sign } = marks[state];
  item.className = `picture-item is-${state}`;
  item.title = `${file}: ${text}, uncertainty ${uncertainty.toFixed(2)}`;
  item.replaceChildren(
    html('span', { class: 'picture-mark', 'aria-hidden': 'true' }, sign),
    html('span', { class: 'picture-file' }, file),
    html('span', { class: 'visually-hidden' }, `, ${text}, `),
    html(
      'span',
      { class: 'picture-boxes' },
      String(boxes),
      html('span', { class: 'visually-hidden' }, ' boxes'),
    ),
  );
}
