import { arrowStep } from './arrowKeys.js';
import { boxBetween, lowerRight, moved, resized } from './boxes.js';
import type { Box, Size } from './contract.js';
import { byId } from './dom.js';
import type { Drag } from './gestures.js';
import type { Point } from './viewport.js';

export interface RegionEvents {
  /** The rectangle while it is being drawn; undefined when it was given up. */
  drawing(box: Box | undefined): void;
  drawn(box: Box): void;
}

/** A rectangle with a shorter side, in pixels of the picture, is a slip of the hand. */
const leastSide = 3;

/**
 * A rectangle of one's own on the picture: with the mouse always, with a finger once the tool is chosen, and
 * by the arrow keys on the tool's button.
 */
export class RegionTool {
  readonly #button = byId('region-tool', HTMLButtonElement);
  readonly #events: RegionEvents;
  #box: Box | undefined;
  /** Of the picture, where there is one. */
  #size: Size | undefined;

  constructor(stage: HTMLElement, events: RegionEvents) {
    this.#events = events;
    this.#button.addEventListener('click', () => {
      this.#button.setAttribute('aria-pressed', String(!this.#isChosen));
      stage.classList.toggle('is-drawing', this.#isChosen);
    });
    this.#button.addEventListener('keydown', (event) => this.#key(event));
  }

  set size(size: Size | undefined) {
    this.#size = size;
    this.#box = undefined;
  }

  grab(from: Point, isTouch: boolean): Drag | undefined {
    const size = this.#size;
    if (!size || (isTouch && !this.#isChosen)) return undefined;
    let box: Box | undefined;
    return {
      move: (to) => {
        box = boxBetween(from, to, size);
        this.#events.drawing(box);
      },
      end: () => {
        const side = box ? Math.min(box.xmax - box.xmin, box.ymax - box.ymin) : 0;
        if (box && side >= leastSide) this.#done(box);
        else this.#events.drawing(undefined);
      },
      cancel: () => this.#events.drawing(undefined),
    };
  }

  /** Arrows move the rectangle, with Shift its lower right corner; at first it lies in the middle. */
  #key(event: KeyboardEvent): void {
    const { dx, dy } = arrowStep(event);
    const size = this.#size;
    if (!size || (dx === 0 && dy === 0)) return;
    event.preventDefault();
    const box = this.#box ?? middleOf(size);
    this.#done(event.shiftKey ? resized(box, lowerRight, dx, dy, size) : moved(box, dx, dy, size));
  }

  get #isChosen(): boolean {
    return this.#button.getAttribute('aria-pressed') === 'true';
  }

  #done(box: Box): void {
    this.#box = box;
    this.#events.drawn(box);
  }
}

function middleOf({ width, height }: Size): Box {
  const [x, y] = [Math.round(width * 0.375), Math.round(height * 0.375)];
  return { xmin: x, ymin: y, xmax: width - x, ymax: height - y };
}
