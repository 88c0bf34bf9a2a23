import { css, labelColours, type Rgb } from '../../../src/images/labelColours.js';
import type { ShownBox } from './boxLayer.js';
import type { Box } from './contract.js';
import { byId, html } from './dom.js';
import { FoundList } from './foundList.js';
import type { OpenPicture } from './reviewClient.js';
import { Stage, type StageEvents } from './stage.js';

export interface ReviewViewEvents extends Pick<StageEvents, 'grab' | 'cursor'> {
  select(key: number | undefined): void;
  setLabel(label: string): void;
}

/** What there is to see of a picture under review. */
export interface ReviewState {
  open: OpenPicture | undefined;
  labels: readonly string[];
  /** The selected box's key. */
  selected: number | undefined;
  /** The selected box, or a new one, while it is being dragged. */
  dragged: Box | undefined;
  isDrawing: boolean;
  isSaving: boolean;
}

/** Shows a picture under review, its boxes, and what can be done with them. */
export class ReviewView {
  readonly stage: Stage;
  readonly #list: FoundList;
  readonly #events: ReviewViewEvents;
  readonly #frame = byId('review-stage', HTMLElement);
  #state: ReviewState | undefined;
  #pointed: number | undefined;

  constructor(events: ReviewViewEvents) {
    this.#events = events;
    const point = (key: number | undefined) => {
      this.#pointed = key;
      this.#mark();
    };
    this.stage = new Stage(this.#frame, {
      nameOf: ({ label, note }, i, count) =>
        `${label}, box ${i + 1} of ${count}, ${note === '✓' ? 'confirmed' : `score ${note}`}`,
      focused: events.select,
      tap: events.select,
      grab: events.grab,
      cursor: events.cursor,
      point,
    });
    this.#list = new FoundList(byId('review-boxes', HTMLElement), { point, choose: events.select });
  }

  draw(state: ReviewState): void {
    this.#state = state;
    const { open, labels, selected, dragged } = state;
    const edited = open?.edits.boxes ?? [];
    const colours = labelColours(
      edited.map(({ label }) => label),
      labels,
    );
    const boxes = edited.map(
      ({ key, label, score, box }): ShownBox => ({
        key,
        label,
        note: score === undefined ? '✓' : score.toFixed(2),
        box: key === selected && dragged ? dragged : box,
        colour: colours.get(label) as Rgb,
      }),
    );
    this.stage.boxes = boxes;
    this.stage.rectangle = selected === undefined ? dragged : undefined;
    this.#list.boxes = boxes;
    byId('review-box-count', HTMLElement).textContent = String(boxes.length);
    this.#drawLabels(state, colours);
    this.#drawButtons(state);
    this.#mark();
  }

  reveal(key: number): void {
    this.#list.reveal(key);
  }

  /** Takes the focus from what is gone, so that Tab goes to the first box. */
  focus(): void {
    if (document.activeElement === document.body) this.#frame.focus({ preventScroll: true });
  }

  #drawLabels({ open, labels, selected }: ReviewState, colours: ReadonlyMap<string, Rgb>): void {
    const current = open?.edits.get(selected)?.label;
    byId('labels', HTMLElement).replaceChildren(
      ...labels.map((label, i) => {
        const dot = html('span', { class: 'dot', 'aria-hidden': 'true' });
        dot.style.background = css(colours.get(label) as Rgb);
        const button = html(
          'button',
          { type: 'button', 'aria-pressed': String(label === current) },
          dot,
          html('span', {}, label),
        );
        if (i < 9) button.append(html('kbd', { 'aria-hidden': 'true' }, String(i + 1)));
        button.disabled = current === undefined;
        button.addEventListener('click', () => this.#events.setLabel(label));
        return button;
      }),
    );
  }

  #drawButtons({ open, selected, isDrawing, isSaving }: ReviewState): void {
    const edits = open?.edits;
    const changed = edits?.isChanged ? 'Not saved yet' : '';
    byId('save-state', HTMLElement).textContent = isSaving ? 'Saving…' : changed;
    for (const id of ['delete-box', 'accept-box', 'relabel-box', 'more-like-box']) {
      byId(id, HTMLButtonElement).disabled = !edits?.get(selected);
    }
    byId('undo', HTMLButtonElement).disabled = !edits?.canUndo;
    byId('redo', HTMLButtonElement).disabled = !edits?.canRedo;
    byId('new-box', HTMLButtonElement).setAttribute('aria-pressed', String(isDrawing));
  }

  #mark(): void {
    const { open, selected, dragged, isDrawing } = this.#state ?? {};
    const box = open?.edits.get(selected)?.box;
    this.stage.mark(this.#pointed, selected, box && (dragged ?? box));
    this.#list.mark(this.#pointed, selected);
    // A finger on the picture scrolls the page unless there is something to drag.
    this.#frame.classList.toggle('is-drawing', Boolean(isDrawing || box));
  }
}
