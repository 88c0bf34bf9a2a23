import { phrasingsOf, squeezed } from '../../../src/text/phrasings.js';
import { arrange, html } from './dom.js';

/** What ends a phrase, also as Chinese keyboards write it. */
const separator = /[,;，、；\n]/;

export interface ChipInputEvents {
  /** The phrases as they are now, the one still being typed included, each label once. */
  changed(phrases: string[]): void;
  /** The CSS colour of a phrase's label. */
  colourOf(phrase: string): string | undefined;
}

/** The name of a phrase's label: "sofa" for "sofa|couch". */
export function labelOf(phrase: string): string {
  return phrasingsOf(phrase)[0] ?? '';
}

/**
 * Phrases as chips: Enter, a comma or leaving the field ends one, Backspace in the empty field takes the
 * last one back to be edited, and so does a click on one.
 */
export class ChipInput {
  readonly #list: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #events: ChipInputEvents;
  #phrases: string[] = [];
  #chips = new Map<string, HTMLElement>();

  constructor(list: HTMLElement, input: HTMLInputElement, events: ChipInputEvents) {
    this.#list = list;
    this.#input = input;
    this.#events = events;
    // While a word is being composed, of the sounds of Chinese ones say, it is not there yet.
    input.addEventListener('input', (event) => {
      if (!(event as InputEvent).isComposing) this.#typed();
    });
    input.addEventListener('compositionend', () => this.#typed());
    input.addEventListener('keydown', (event) => this.#key(event));
    input.addEventListener('paste', (event) => this.#pasted(event));
    input.addEventListener('blur', () => this.#commit());
  }

  get phrases(): string[] {
    const typed = squeezed(this.#input.value);
    const all = labelOf(typed) ? [...this.#phrases, typed] : this.#phrases;
    return [...new Map(all.map((phrase) => [labelOf(phrase), phrase])).values()];
  }

  /** The phrases that are chips, without the one still being typed. */
  get chips(): readonly string[] {
    return this.#phrases;
  }

  set phrases(phrases: readonly string[]) {
    this.#phrases = [];
    this.#input.value = '';
    this.#add(phrases);
  }

  /** Shows the chips as they are now; their colours may have changed. */
  draw(): void {
    const chips = this.#phrases.map((phrase) => {
      const chip = this.#chips.get(phrase) ?? this.#create(phrase);
      const dot = chip.querySelector<HTMLElement>('.dot') as HTMLElement;
      dot.style.background = this.#events.colourOf(phrase) ?? '';
      return [phrase, chip] as const;
    });
    this.#chips = new Map(chips);
    arrange(this.#list, [...this.#chips.values()]);
  }

  #create(phrase: string): HTMLElement {
    const button = (action: string, ...contents: (Node | string)[]) =>
      html(
        'button',
        {
          type: 'button',
          class: `chip-${action.toLowerCase()}`,
          'aria-label': `${action} ${phrase}`,
        },
        ...contents,
      );
    const dot = html('span', { class: 'dot', 'aria-hidden': 'true' });
    const edit = button('Edit', dot, phrase);
    const remove = button('Remove', '×');
    edit.addEventListener('click', () => this.#edit(phrase));
    remove.addEventListener('click', () => this.#remove(phrase));
    return html('li', {}, edit, remove);
  }

  #typed(): void {
    const { value } = this.#input;
    if (separator.test(value)) {
      const parts = value.split(separator);
      this.#input.value = parts.pop() as string;
      this.#add(parts);
    } else {
      this.#changed();
    }
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      this.#commit();
    } else if (event.key === 'Backspace' && this.#input.value === '' && this.#phrases.length > 0) {
      event.preventDefault();
      this.#edit(this.#phrases.at(-1) as string);
    }
  }

  /** Lines of a pasted list are phrases; an input of one line would run them together. */
  #pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!separator.test(text.trim())) return;
    event.preventDefault();
    this.#add(text.split(separator));
  }

  #commit(): void {
    const typed = this.#input.value;
    if (!squeezed(typed)) return;
    this.#input.value = '';
    this.#add([typed]);
  }

  #add(phrases: readonly string[]): void {
    const all = [...this.#phrases, ...phrases.map(squeezed)].filter(labelOf);
    this.#phrases = [...new Map(all.map((phrase) => [labelOf(phrase), phrase])).values()];
    this.#changed();
  }

  #edit(phrase: string): void {
    const typed = squeezed(this.#input.value);
    const rest = this.#phrases.flatMap((each) => (each === phrase ? [typed] : [each]));
    this.#phrases = rest.filter(labelOf);
    this.#input.value = phrase;
    this.#input.focus();
    this.#changed();
  }

  #remove(phrase: string): void {
    const at = this.#phrases.indexOf(phrase);
    this.#phrases = this.#phrases.filter((each) => each !== phrase);
    this.#changed();
    const next = this.#list.children[Math.min(at, this.#phrases.length - 1)];
    (next?.querySelector<HTMLElement>('.chip-remove') ?? this.#input).focus();
  }

  #changed(): void {
    this.#events.changed(this.phrases);
    this.draw();
  }
}
