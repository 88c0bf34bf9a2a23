import { css } from '../../../src/images/labelColours.js';
import { phrasingsOf } from '../../../src/text/phrasings.js';
import { AdviceList } from './adviceList.js';
import type { Api } from './api.js';
import { ChipInput, labelOf } from './chipInput.js';
import type { Box, Prompt, Settings } from './contract.js';
import { copyText } from './copyText.js';
import { byId, isTyping } from './dom.js';
import { type ExampleLabel, ExampleLabels } from './exampleLabels.js';
import { readExamplesFile } from './examplesFile.js';
import { FoundThings } from './findings.js';
import { FoundList } from './foundList.js';
import { HeatmapView } from './heatmapView.js';
import { Latest } from './latest.js';
import { LookAlikes } from './lookAlikes.js';
import { MoreLike } from './moreLike.js';
import type { Notices } from './notices.js';
import { pictureOpener } from './openPicture.js';
import { RegionTool } from './regionTool.js';
import { type Findings, findingsJson, saveBoxes, saveHeatmap, saveLabels } from './saving.js';
import { SentPicture } from './sentPicture.js';
import { type Given, shownPicture } from './shownPicture.js';
import { Stage } from './stage.js';
import { thumbnail } from './thumbnail.js';

/** Least score that is asked for, where the model's own is not lower: the slider filters what is above it. */
const lowest = 0.05;
/** Milliseconds after the last key stroke. */
const typingPause = 150;

/** The part of the page that looks for things in a picture. */
export class Finder {
  readonly #api: Api;
  readonly #settings: Settings;
  readonly #notices: Notices;
  readonly #found = new FoundThings();
  readonly #stage: Stage;
  readonly #list: FoundList;
  readonly #chips: ChipInput;
  readonly #advice = new AdviceList(byId('advice', HTMLElement));
  readonly #heatmap: HeatmapView;
  readonly #lookAlikes: LookAlikes;
  readonly #examples: ExampleLabels;
  readonly #moreLike: MoreLike;
  readonly #opening: Latest<[Given]>;
  readonly #detecting: Latest<[SentPicture, Prompt[]]>;
  readonly #region: RegionTool;
  readonly #root = byId('find', HTMLElement);
  #picture: SentPicture | undefined;
  #image: HTMLImageElement | undefined;
  #file = '';
  #pointed: number | undefined;
  #selected: number | undefined;
  /** A found box that was chosen, or a rectangle of one's own. */
  #chosen: Box | undefined;

  constructor(api: Api, settings: Settings, notices: Notices) {
    this.#api = api;
    this.#settings = settings;
    this.#notices = notices;
    const failed = (error: unknown) => this.#fail(error);
    const stage = byId('find-stage', HTMLElement);
    this.#region = new RegionTool(stage, {
      drawing: (box) => {
        this.#stage.rectangle = box;
      },
      drawn: (box) => this.#askOf(box),
    });
    this.#stage = new Stage(stage, {
      grab: (point, _reach, isTouch) => this.#region.grab(point, isTouch),
      tap: (key) => this.#select(key),
      point: (key) => this.#point(key),
    });
    this.#list = new FoundList(byId('found', HTMLElement), {
      point: (key) => this.#point(key),
      choose: (key) => this.#select(key === this.#selected ? undefined : key),
    });
    this.#lookAlikes = new LookAlikes(failed, () => this.#select(undefined));
    this.#heatmap = new HeatmapView({ failed, changed: () => this.#draw() });
    this.#opening = new Latest(0, (signal, given) => this.#open(given, signal), failed);
    this.#detecting = new Latest(typingPause, this.#detect.bind(this), failed);
    const colourOf = (label: string) => {
      const colour = this.#found.colours.get(label);
      return colour && css(colour);
    };
    this.#examples = new ExampleLabels(byId('example-labels', HTMLElement), {
      changed: () => this.#asked(0),
      ...{ colourOf, failed },
    });
    this.#moreLike = new MoreLike({
      more: (label) => this.#addExample(label, 'shown'),
      notThis: (label) => this.#addExample(label, 'unlike'),
    });
    this.#chips = new ChipInput(byId('chips', HTMLElement), byId('prompt', HTMLInputElement), {
      changed: () => this.#asked(),
      colourOf: (phrase) => colourOf(labelOf(phrase)),
    });
    this.#connectControls();
    pictureOpener({
      failed,
      opened: (given, prompts) => {
        document.dispatchEvent(new Event('picture-opened'));
        if (prompts && this.#chips.phrases.length === 0) this.#chips.phrases = prompts;
        this.#opening.call([given]);
      },
      openedExamples: (file) => {
        document.dispatchEvent(new Event('picture-opened'));
        void this.#openExamples(file).catch(failed);
      },
    });
    this.#chips.phrases = settings.labels;
  }

  async #open(given: Given, signal: AbortSignal): Promise<void> {
    this.#root.setAttribute('aria-busy', 'true');
    this.#notices.whisper('The picture is being sent');
    try {
      const shown = await shownPicture(this.#api, given, signal);
      const picture = await SentPicture.send(this.#api, shown, signal);
      void this.#picture?.forget();
      this.#picture = picture;
      this.#image = shown.image;
      this.#region.size = picture.size;
      this.#file = shown.name;
    } finally {
      if (!signal.aborted) this.#root.setAttribute('aria-busy', 'false');
    }
    this.#notices.clear();
    this.#found.detections = [];
    this.#select(undefined);
    this.#stage.fit();
    byId('file-name', HTMLElement).textContent = this.#file;
    this.#root.classList.add('has-picture');
    this.#asked(0);
    if (this.#found.labels.length === 0) byId('prompt', HTMLInputElement).focus();
  }

  async #detect(signal: AbortSignal, picture: SentPicture, prompts: Prompt[]): Promise<void> {
    this.#root.classList.add('is-looking');
    try {
      const { detections, advice } = await picture.detect(prompts, this.#least, signal);
      this.#found.detections = detections;
      this.#advice.advice = advice;
    } finally {
      if (!signal.aborted) this.#root.classList.remove('is-looking');
    }
    this.#draw();
    this.#notices.whisper(this.#found.summary);
  }

  /** Looks for what is asked now. */
  #asked(pause?: number): void {
    const { phrases } = this.#chips;
    const prompts = this.#prompts(phrases);
    this.#found.labels = prompts.map((prompt) =>
      typeof prompt === 'string' ? labelOf(prompt) : prompt.label,
    );
    this.#heatmap.phrases = phrases;
    this.#examples.draw();
    this.#draw();
    this.#heatmap.ask(this.#picture, pause);
    if (this.#picture && prompts.length > 0) {
      this.#detecting.call([this.#picture, prompts], pause);
    } else {
      this.#detecting.cancel();
      this.#root.classList.remove('is-looking');
    }
  }

  /** Words and examples of one name are one label. */
  #prompts(phrases: readonly string[]): Prompt[] {
    const inWords = phrases.map((phrase): Prompt => {
      const shown = this.#examples.named(labelOf(phrase));
      if (!shown) return phrase;
      const { name, examples } = shown;
      return { label: name, phrasings: phrasingsOf(phrase), examples: [examples] };
    });
    const names = phrases.map(labelOf);
    const alone = this.#examples.labels.filter(({ name }) => !names.includes(name));
    return [
      ...inWords,
      ...alone.map(({ name, examples }) => ({ label: name, examples: [examples] })),
    ];
  }

  /** Makes the chosen region an example of a label, or of a new one. */
  async #addExample(label: ExampleLabel | undefined, kind: 'shown' | 'unlike'): Promise<void> {
    const [picture, image, box] = [this.#picture, this.#image, this.#chosen];
    if (!picture || !image || !box) return;
    const crop = kind === 'shown' ? thumbnail(image, box, picture.size) : undefined;
    const name = label?.name ?? this.#examples.newName(this.#found.labels);
    const former = label && [label.examples];
    try {
      const examples = await picture.examples({ label: name, [kind]: [box], examples: former });
      if (label) this.#examples.change(label, examples, crop);
      const added = label ? undefined : this.#examples.add(name, examples, crop ? [crop] : []);
      this.#select(undefined);
      // On a phone the keyboard would cover what is found.
      const types = !matchMedia('(pointer: coarse)').matches;
      if (added && types) this.#examples.focus(added);
      else byId('region-tool', HTMLElement).focus();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #openExamples(file: File): Promise<void> {
    const examples = await readExamplesFile(file, this.#settings.weights);
    const same = this.#examples.labels.find(
      ({ examples: { shown, unlike } }) => shown === examples.shown && unlike === examples.unlike,
    );
    const { name } = same ?? this.#examples.add(examples.label, examples, []);
    this.#notices.say(`Looking for “${name}” by its examples`);
  }

  #point(key: number | undefined): void {
    if (key === this.#pointed) return;
    this.#pointed = key;
    this.#mark();
  }

  #select(key: number | undefined): void {
    this.#selected = key;
    this.#stage.rectangle = undefined;
    const chosen = this.#found.shown.find((each) => each.key === key)?.detection;
    this.#chosen = chosen?.box;
    if (chosen && this.#picture) {
      this.#moreLike.show(this.#examples.labels, this.#examples.named(chosen.label));
      this.#lookAlikes.ask(
        this.#picture,
        chosen.box,
        `The box of “${chosen.label}” looks most like`,
      );
      this.#list.reveal(key as number);
    } else {
      this.#lookAlikes.hide();
    }
    this.#mark();
  }

  /** What a rectangle of one's own looks like. */
  #askOf(box: Box): void {
    this.#select(undefined);
    this.#stage.rectangle = box;
    this.#chosen = box;
    this.#moreLike.show(this.#examples.labels, undefined);
    if (this.#picture) this.#lookAlikes.ask(this.#picture, box, 'Your rectangle looks most like');
  }

  #draw(): void {
    const { boxes, below, threshold, labels } = this.#found;
    const layer = this.#heatmap.layer;
    if (this.#picture && this.#image) {
      this.#stage.show(this.#picture.size, this.#image, ...(layer ? [layer.canvas] : []));
    }
    this.#list.boxes = boxes;
    this.#advice.show(this.#chips.chips.map(labelOf));
    this.#root.classList.toggle('has-heatmap', layer !== undefined);
    byId('found-count', HTMLElement).textContent = String(boxes.length);
    const hint = byId('found-hint', HTMLElement);
    const more = below === 1 ? '1 more' : `${below} more`;
    if (!this.#picture) hint.textContent = 'Open a picture to begin.';
    else if (labels.length === 0) hint.textContent = 'Type what to look for.';
    else if (below > 0) hint.textContent = `${more} below ${threshold.toFixed(2)}.`;
    else hint.textContent = boxes.length > 0 ? '' : 'Nothing of the kind found.';
    for (const id of ['copy', 'save-labels', 'save-picture']) {
      byId(id, HTMLButtonElement).disabled = !this.#picture;
    }
    this.#mark();
  }

  #mark(): void {
    const { boxes } = this.#found;
    const marked = [this.#pointed, this.#selected];
    // Over a heat map only what is pointed at, so that the map can be seen.
    const shown = this.#heatmap.isOn ? boxes.filter(({ key }) => marked.includes(key)) : boxes;
    this.#stage.boxes = shown;
    this.#stage.mark(this.#pointed, this.#selected);
    this.#list.mark(this.#pointed, this.#selected);
  }

  #connectControls(): void {
    const slider = byId('threshold', HTMLInputElement);
    const filter = () => {
      this.#found.threshold = Number(slider.value);
      byId('threshold-value', HTMLOutputElement).value = this.#found.threshold.toFixed(2);
      const share = (this.#found.threshold - this.#least) / (1 - this.#least);
      slider.style.setProperty('--share', String(share));
      this.#draw();
    };
    const onClick = (id: string, action: () => unknown) =>
      byId(id, HTMLButtonElement).addEventListener('click', async () => {
        try {
          await action();
        } catch (error) {
          this.#fail(error);
        }
      });
    slider.min = String(this.#least);
    slider.value = String(this.#settings.threshold);
    slider.addEventListener('input', filter);
    slider.addEventListener('change', () => this.#notices.whisper(this.#found.summary));
    filter();
    const formats = byId('format', HTMLSelectElement);
    formats.replaceChildren(...this.#settings.formats.map((format) => new Option(format)));
    byId('label-row', HTMLElement).hidden = this.#settings.formats.length === 0;
    onClick('zoom-in', () => this.#stage.zoom(1.5));
    onClick('zoom-out', () => this.#stage.zoom(1 / 1.5));
    onClick('zoom-fit', () => this.#stage.fit());
    onClick('copy', async () => {
      await copyText(findingsJson(this.#findings));
      this.#notices.say('Copied as JSON');
    });
    onClick('save-labels', async () => {
      this.#notices.say(`Saved ${await saveLabels(this.#api, formats.value, this.#findings)}`);
    });
    onClick('save-picture', async () => {
      const { layer, phrase } = this.#heatmap;
      const image = this.#image as HTMLImageElement;
      const name = layer
        ? await saveHeatmap(image, layer, labelOf(phrase), this.#findings)
        : await saveBoxes(image, this.#findings);
      this.#notices.say(`Saved ${name}`);
    });
    const views = byId('view-switch', HTMLElement);
    views.hidden = !this.#settings.heatmaps;
    views.addEventListener('change', () => {
      this.#heatmap.isOn = byId('view-heatmap', HTMLInputElement).checked;
      this.#heatmap.ask(this.#picture, 0);
      this.#draw();
    });
    document.addEventListener('keydown', (event) => {
      const isOurs = !this.#root.hidden && !isTyping(event.target) && !event.defaultPrevented;
      if (event.key === 'Escape' && isOurs) this.#select(undefined);
    });
  }

  get #least(): number {
    return Math.min(lowest, this.#settings.threshold);
  }

  get #findings(): Findings {
    const { width, height } = (this.#picture as SentPicture).size;
    const detections = this.#found.shown.map(({ detection }) => detection);
    return { file: this.#file, width, height, detections, labels: this.#found.labels };
  }

  #fail(error: unknown): void {
    this.#notices.error(error);
  }
}
