import { labelOf } from './chipInput.js';
import { byId } from './dom.js';
import { type HeatmapLayer, heatmapLayer, showLegend } from './heatmapLayer.js';
import { Latest } from './latest.js';
import type { SentPicture } from './sentPicture.js';

/** Milliseconds after the last key stroke. */
const typingPause = 200;

export interface HeatmapEvents {
  failed(error: unknown): void;
  /** There is another map to show, or none. */
  changed(): void;
}

interface Shown {
  layer: HeatmapLayer;
  phrase: string;
  picture: SentPicture;
}

/** The heat map of one of the phrases, while it is switched on. */
export class HeatmapView {
  readonly #choice = byId('heatmap-phrase', HTMLSelectElement);
  readonly #events: HeatmapEvents;
  readonly #latest: Latest<[SentPicture, string]>;
  #picture: SentPicture | undefined;
  #shown: Shown | undefined;
  #isOn = false;

  constructor(events: HeatmapEvents) {
    this.#events = events;
    this.#latest = new Latest(
      typingPause,
      async (signal, picture, phrase) => {
        const layer = heatmapLayer(await picture.heatmap(phrase, signal), picture.size);
        this.#set({ layer, phrase, picture });
      },
      (error) => events.failed(error),
    );
    this.#choice.addEventListener('change', () => this.ask(this.#picture, 0));
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  set isOn(isOn: boolean) {
    this.#isOn = isOn;
    this.#choice.hidden = !isOn;
    if (!isOn) this.#set(undefined);
  }

  get layer(): HeatmapLayer | undefined {
    return this.#shown?.layer;
  }

  get phrase(): string {
    return this.#shown?.phrase ?? '';
  }

  /** Keeps the choice as long as its phrase is there; otherwise the last one, which is being typed. */
  set phrases(phrases: readonly string[]) {
    const at = this.#choice.selectedIndex;
    const wasLast = at === this.#choice.options.length - 1;
    const chosen = this.#choice.value;
    this.#choice.replaceChildren(...phrases.map((phrase) => new Option(labelOf(phrase), phrase)));
    const kept = phrases.indexOf(chosen);
    this.#choice.selectedIndex = kept >= 0 && !wasLast ? kept : phrases.length - 1;
    this.#choice.disabled = phrases.length === 0;
  }

  /** Asks for the chosen phrase's map, if it is to be shown and is not yet. */
  ask(picture: SentPicture | undefined, pause?: number): void {
    this.#picture = picture;
    const phrase = this.#choice.value;
    if (!this.#isOn || !picture || phrase === '') {
      this.#latest.cancel();
      if (this.#shown) this.#set(undefined);
    } else if (this.#shown?.phrase !== phrase || this.#shown.picture !== picture) {
      if (this.#shown && this.#shown.picture !== picture) this.#set(undefined);
      this.#latest.call([picture, phrase], pause);
    }
  }

  #set(shown: Shown | undefined): void {
    this.#shown = shown;
    showLegend(shown?.layer.range);
    this.#events.changed();
  }
}
