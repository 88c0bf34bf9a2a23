import { css, type Rgb, textColourOn } from '../../../src/images/labelColours.js';
import { overlap, placeLabels, type Rect } from '../../../src/images/placeLabels.js';
import type { Box, Size } from './contract.js';
import { arrange, svg } from './dom.js';

/** A box to show. */
export interface ShownBox {
  key: number;
  label: string;
  /** Written beside the label: a score, say. */
  note: string;
  box: Box;
  colour: Rgb;
}

export interface BoxLayerOptions {
  /** Makes boxes stops of the Tab key, named by this. */
  nameOf?(box: ShownBox, place: number, count: number): string;
  /** A box got the focus. */
  focused?(key: number): void;
}

const chipHeight = 20;
const padding = 6;
const gap = 5;
/** Chips of boxes that share more of their area with one placed before are hidden until pointed at. */
const mostCovered = 0.12;
const longest = 180;

interface Drawn {
  frame: SVGGElement;
  chip: SVGGElement;
}

/** Boxes over the picture, in CSS pixels of the stage, so that lines and text are sharp at any zoom. */
export class BoxLayer {
  readonly element = svg('svg', { class: 'boxes', role: 'group' });
  readonly #frames = svg('g');
  readonly #chips = svg('g', { 'aria-hidden': 'true' });
  readonly #drawn = new Map<number, Drawn>();
  readonly #options: BoxLayerOptions;
  readonly #measure = document.createElement('canvas').getContext('2d');

  constructor(options: BoxLayerOptions = {}) {
    this.#options = options;
    this.element.append(this.#frames, this.#chips);
  }

  /** @param toStage from pixels of the picture to those of the stage. */
  draw(boxes: readonly ShownBox[], toStage: (box: Box) => Rect, stage: Size): void {
    const keys = new Set(boxes.map(({ key }) => key));
    for (const key of this.#drawn.keys()) if (!keys.has(key)) this.#drawn.delete(key);
    const frames = boxes.map(({ box }) => toStage(box));
    const chips = boxes.map(({ label, note }) => this.#chipTexts(label, note));
    const places = placeLabels(
      frames.map((frame, i) => ({
        box: visiblePart(frame, stage),
        width: chips[i].width,
        height: chipHeight,
      })),
      stage,
    );
    const shown: Rect[] = [];
    boxes.forEach((box, i) => {
      const drawn = this.#drawn.get(box.key) ?? this.#create(box.key);
      drawFrame(drawn.frame, frames[i], box.colour);
      const name = this.#options.nameOf?.(box, i, boxes.length);
      if (name) drawn.frame.setAttribute('aria-label', name);
      drawChip(drawn.chip, places[i], chips[i], box.colour);
      const isHidden = shown.some((other) => covered(places[i], other) > mostCovered);
      drawn.chip.classList.toggle('is-hidden', isHidden);
      if (!isHidden) shown.push(places[i]);
    });
    const drawn = boxes.map(({ key }) => this.#drawn.get(key) as Drawn);
    // The most certain ones lie on top, unless Tab is to go through the boxes as listed.
    if (!this.#options.nameOf) drawn.reverse();
    arrange(
      this.#frames,
      drawn.map(({ frame }) => frame),
    );
    arrange(
      this.#chips,
      drawn.map(({ chip }) => chip),
    );
  }

  /** Shows some boxes above the others, which become pale while there are `pointed` ones. */
  mark(pointed: number | undefined, selected: number | undefined): void {
    this.element.classList.toggle('has-pointed', this.#drawn.has(pointed ?? Number.NaN));
    for (const [key, { frame, chip }] of this.#drawn) {
      for (const part of [frame, chip]) {
        part.classList.toggle('is-pointed', key === pointed);
        part.classList.toggle('is-selected', key === selected);
      }
      if (this.#options.nameOf) frame.setAttribute('aria-pressed', String(key === selected));
    }
  }

  focus(key: number): void {
    this.#drawn.get(key)?.frame.focus();
  }

  #create(key: number): Drawn {
    const drawn = {
      frame: svg('g', { class: 'box' }, svg('rect', { class: 'edge' }), svg('rect')),
      chip: svg('g', { class: 'chip' }, svg('rect', { rx: 4 }), svg('text'), svg('text')),
    };
    if (this.#options.nameOf) {
      drawn.frame.setAttribute('tabindex', '0');
      drawn.frame.setAttribute('role', 'button');
      drawn.frame.addEventListener('focus', () => this.#options.focused?.(key));
    }
    this.#drawn.set(key, drawn);
    return drawn;
  }

  #chipTexts(label: string, note: string): ChipTexts {
    const context = this.#measure as CanvasRenderingContext2D;
    context.font = `600 12px ${getComputedStyle(this.element).fontFamily}`;
    let text = label;
    while (text.length > 1 && context.measureText(text).width > longest) {
      text = `${text.replace(/…$/, '').slice(0, -1).trimEnd()}…`;
    }
    const labelWidth = context.measureText(text).width;
    const noteWidth = note ? context.measureText(note).width + gap : 0;
    const width = Math.ceil(labelWidth + noteWidth + 2 * padding);
    return { label: text, note, width, noteAt: padding + labelWidth + gap };
  }
}

interface ChipTexts {
  label: string;
  note: string;
  width: number;
  noteAt: number;
}

function drawFrame(frame: SVGGElement, { x, y, width, height }: Rect, colour: Rgb): void {
  for (const rect of frame.children) {
    for (const [name, value] of Object.entries({ x, y, width, height, rx: 2 })) {
      rect.setAttribute(name, String(Math.max(0, value)));
    }
    // A frame may begin outside the stage.
    rect.setAttribute('x', String(x));
    rect.setAttribute('y', String(y));
  }
  const line = frame.lastElementChild as SVGRectElement;
  line.setAttribute('stroke', css(colour));
  line.setAttribute('fill', css(colour, 0.06));
}

function drawChip(chip: SVGGElement, { x, y, width }: Rect, texts: ChipTexts, colour: Rgb): void {
  chip.setAttribute('transform', `translate(${Math.round(x)} ${Math.round(y)})`);
  const [ground, label, note] = chip.children;
  ground.setAttribute('width', String(width));
  ground.setAttribute('height', String(chipHeight));
  ground.setAttribute('fill', css(colour));
  const at = { y: 14.3, fill: textColourOn(colour) };
  for (const [text, x, content] of [
    [label, padding, texts.label],
    [note, texts.noteAt, texts.note],
  ] as const) {
    text.setAttribute('x', String(x));
    text.setAttribute('y', String(at.y));
    text.setAttribute('fill', at.fill);
    if (text.textContent !== content) text.textContent = content;
  }
}

/** Chips of a box that is only partly on a zoomed stage belong to the part that is. */
function visiblePart({ x, y, width, height }: Rect, stage: Size): Rect {
  const within = (value: number, most: number) => Math.max(0, Math.min(value, most));
  const [left, top] = [within(x, stage.width), within(y, stage.height)];
  const [right, bottom] = [within(x + width, stage.width), within(y + height, stage.height)];
  return { x: left - 1, y: top - 1, width: right - left + 2, height: bottom - top + 2 };
}

function covered(chip: Rect, other: Rect): number {
  return overlap(chip, other) / (chip.width * chip.height);
}
