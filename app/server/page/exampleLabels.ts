import type { SavedExamples } from './contract.js';
import { arrange, html } from './dom.js';
import { saveExamples } from './saving.js';

/** A label that boxes show, instead of words or beside them. */
export interface ExampleLabel {
  name: string;
  examples: SavedExamples;
  /** What the boxes show, as far as they were drawn here. */
  thumbnails: HTMLElement[];
}

export interface ExampleLabelEvents {
  /** There are others now, or one has another name or other examples. */
  changed(): void;
  /** The CSS colour of a label. */
  colourOf(name: string): string | undefined;
  failed(error: unknown): void;
}

/** So many thumbnails are shown of a label. */
const mostThumbnails = 3;

/** Labels made of examples, as chips beside those of phrases. They stay when another picture is opened. */
export class ExampleLabels {
  readonly #list: HTMLElement;
  readonly #events: ExampleLabelEvents;
  #labels: ExampleLabel[] = [];
  readonly #chips = new Map<ExampleLabel, HTMLElement>();

  constructor(list: HTMLElement, events: ExampleLabelEvents) {
    this.#list = list;
    this.#events = events;
  }

  get labels(): readonly ExampleLabel[] {
    return this.#labels;
  }

  named(name: string): ExampleLabel | undefined {
    return this.#labels.find((label) => label.name === name);
  }

  /** "thing 1", or whatever number is free. @param taken names of other labels. */
  newName(taken: readonly string[]): string {
    return this.#free('thing', taken, 1);
  }

  /** Adds a label; where there is one of its name, by that name and a number. */
  add(name: string, examples: SavedExamples, thumbnails: HTMLElement[]): ExampleLabel {
    const label = {
      name: this.named(name) ? this.#free(name, [], 2) : name,
      ...{ examples, thumbnails },
    };
    this.#labels.push(label);
    this.#events.changed();
    return label;
  }

  /** @param thumbnail of an example that was added. */
  change(label: ExampleLabel, examples: SavedExamples, thumbnail?: HTMLElement): void {
    label.examples = examples;
    if (thumbnail) label.thumbnails.push(thumbnail);
    this.#events.changed();
  }

  /** Shows the labels as they are now; their colours may have changed. */
  draw(): void {
    const chips = this.#labels.map((label) => {
      const chip = this.#chips.get(label) ?? this.#create(label);
      this.#chips.set(label, chip);
      fill(chip, label, this.#events.colourOf(label.name));
      return chip;
    });
    arrange(this.#list, chips);
  }

  /** Lets the name be typed. */
  focus(label: ExampleLabel): void {
    this.#chips.get(label)?.querySelector('input')?.select();
  }

  #create(label: ExampleLabel): HTMLElement {
    const name = html('input', {
      ...{ type: 'text', class: 'shown-name', autocomplete: 'off', spellcheck: 'false' },
    });
    name.addEventListener('change', () => this.#rename(label, name));
    name.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') name.blur();
    });
    const save = html('button', { type: 'button', class: 'chip-remove' }, '↓');
    save.addEventListener('click', () => saveExamples(label.name, label.examples));
    const remove = html('button', { type: 'button', class: 'chip-remove' }, '×');
    remove.addEventListener('click', () => this.#remove(label));
    return html(
      'li',
      { class: 'shown-label' },
      html('span', { class: 'thumbnails', 'aria-hidden': 'true' }),
      html('span', { class: 'dot', 'aria-hidden': 'true' }),
      name,
      html('span', { class: 'shown-count' }),
      save,
      remove,
    );
  }

  #rename(label: ExampleLabel, field: HTMLInputElement): void {
    const name = field.value.trim().replace(/\s+/g, ' ');
    const other = this.named(name);
    if (name === '' || (other && other !== label)) {
      field.value = label.name;
      if (name !== '') this.#events.failed(new Error(`There is a label “${name}” already.`));
      return;
    }
    label.name = name;
    this.#events.changed();
  }

  #remove(label: ExampleLabel): void {
    const at = this.#labels.indexOf(label);
    this.#labels = this.#labels.filter((each) => each !== label);
    this.#chips.delete(label);
    this.#events.changed();
    const next = this.#list.children[Math.min(at, this.#labels.length - 1)];
    const field = this.#list.parentElement?.querySelector<HTMLElement>(':scope > input');
    (next?.querySelector<HTMLElement>('button:last-child') ?? field)?.focus();
  }

  #free(begin: string, taken: readonly string[], first: number): string {
    for (let number = first; ; number++) {
      const name = `${begin} ${number}`;
      if (!this.named(name) && !taken.includes(name)) return name;
    }
  }
}

function fill(chip: HTMLElement, label: ExampleLabel, colour = ''): void {
  const { name, examples, thumbnails } = label;
  const [pictures, dot, field, count, save, remove] =
    chip.children as HTMLCollectionOf<HTMLElement>;
  arrange(pictures, thumbnails.slice(-mostThumbnails));
  dot.style.background = colour;
  const input = field as HTMLInputElement;
  if (document.activeElement !== input) input.value = name;
  input.size = Math.max(name.length, 4);
  input.setAttribute('aria-label', `Name of the label ${name}`);
  count.textContent = counts(examples);
  save.setAttribute('aria-label', `Save ${name} as a file`);
  save.title = 'Save as a file, for other pictures and people';
  remove.setAttribute('aria-label', `Remove ${name}`);
}

/** "2 examples, 1 not" */
function counts({ shown, unlike, dimension }: SavedExamples): string {
  const [yes, no] = [shown, unlike].map((text) => Math.floor((text.length * 3) / 16 / dimension));
  return `${yes === 1 ? '1 example' : `${yes} examples`}${no > 0 ? `, ${no} not` : ''}`;
}
