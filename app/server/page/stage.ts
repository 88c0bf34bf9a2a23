import type { Rect } from '../../../src/images/placeLabels.js';
import { handlePoint, handles, smallestAt } from './boxes.js';
import { BoxLayer, type BoxLayerOptions, type ShownBox } from './boxLayer.js';
import type { Box, Size } from './contract.js';
import { html, svg } from './dom.js';
import type { Drag } from './gestures.js';
import { Gestures } from './gestures.js';
import { type Point, Viewport } from './viewport.js';

export interface StageEvents extends BoxLayerOptions {
  /** @returns nothing where a drag moves the picture. */
  grab(point: Point, reach: number, isTouch: boolean): Drag | undefined;
  /** A tap on a box, or on none. */
  tap(key: number | undefined): void;
  point(key: number | undefined): void;
  /** The cursor over a point, where it is not the usual one. */
  cursor?(point: Point, reach: number): string;
}

/** The picture, what is laid over it, the boxes, and a rectangle being drawn. */
export class Stage {
  readonly view = new Viewport();
  readonly #container: HTMLElement;
  readonly #picture = html('div', { class: 'picture' });
  readonly #layer: BoxLayer;
  readonly #extras = svg('g', { class: 'extras', 'aria-hidden': 'true' });
  #size: Size | undefined;
  #boxes: readonly ShownBox[] = [];
  #rectangle: Box | undefined;
  #handled: Box | undefined;
  #pointed: number | undefined;
  #selected: number | undefined;
  #frame = 0;

  constructor(container: HTMLElement, events: StageEvents) {
    this.#container = container;
    this.#layer = new BoxLayer(events);
    this.#layer.element.append(this.#extras);
    container.append(this.#picture, this.#layer.element);
    const keyAt = (point: Point) => smallestAt(this.#boxes, point)?.key;
    new Gestures(container, this.view, {
      grab: (point, reach, isTouch) =>
        this.#size ? events.grab(point, reach, isTouch) : undefined,
      tap: (point) => this.#size && events.tap(keyAt(point)),
      hover: (point, reach) => {
        events.point(point && keyAt(point));
        container.style.cursor = (point && events.cursor?.(point, reach)) ?? '';
      },
      viewed: () => this.#later(),
    });
    new ResizeObserver(() => {
      this.view.resize(this.#stageSize);
      // At once: a frame later would show the boxes where they were.
      if (this.#size) this.#draw();
    }).observe(container);
  }

  /** Another picture, or none; `layers` lie on each other. */
  show(size: Size | undefined, ...layers: HTMLElement[]): void {
    const isOther =
      size?.width !== this.#size?.width || size?.height !== this.#size?.height || !size;
    this.#size = size;
    this.#picture.replaceChildren(...layers);
    this.#container.classList.toggle('has-picture', size !== undefined);
    if (size && isOther) {
      const { style } = this.#container.parentElement ?? this.#container;
      style.setProperty('--aspect', String(size.width / size.height));
      this.view.resize(this.#stageSize);
      this.view.fit(size);
    }
    this.#later();
  }

  set boxes(boxes: readonly ShownBox[]) {
    this.#boxes = boxes;
    this.#later();
  }

  /** @param handled the box that shows handles. */
  mark(pointed: number | undefined, selected: number | undefined, handled?: Box): void {
    this.#pointed = pointed;
    this.#selected = selected;
    this.#handled = handled;
    this.#later();
  }

  /** A rectangle of one's own, in pixels of the picture. */
  set rectangle(box: Box | undefined) {
    this.#rectangle = box;
    this.#later();
  }

  get element(): SVGSVGElement {
    return this.#layer.element;
  }

  /** Gives a box the focus; it is drawn first if it is new. */
  focus(key: number): void {
    this.#draw();
    this.#layer.focus(key);
  }

  zoom(factor: number): void {
    this.view.zoom(factor);
    this.#later();
  }

  fit(): void {
    this.view.fit();
    this.#later();
  }

  get #stageSize(): Size {
    const { clientWidth, clientHeight } = this.#container;
    return { width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) };
  }

  #later(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const size = this.#size ?? { width: 0, height: 0 };
    const whole = this.view.toStage({ xmin: 0, ymin: 0, xmax: size.width, ymax: size.height });
    place(this.#picture, whole);
    this.#picture.classList.toggle('is-enlarged', this.view.scale > 3);
    this.#container.classList.toggle('is-zoomed', this.view.isZoomed);
    const toStage = (box: Box) => this.view.toStage(box);
    this.#layer.draw(this.#size ? this.#boxes : [], toStage, this.#stageSize);
    this.#layer.mark(this.#pointed, this.#selected);
    this.#extras.replaceChildren(...this.#drawExtras());
  }

  #drawExtras(): SVGElement[] {
    const extras: SVGElement[] = [];
    if (this.#rectangle) {
      const { x, y, width, height } = this.view.toStage(this.#rectangle);
      for (const name of ['edge', 'rectangle']) {
        extras.push(svg('rect', { class: name, x, y, width, height, rx: 2 }));
      }
    }
    for (const handle of this.#handled ? handles : []) {
      const { x, y } = handlePoint(this.#handled as Box, handle);
      const at = this.view.toStage({ xmin: x, ymin: y, xmax: x, ymax: y });
      extras.push(svg('circle', { class: 'handle', cx: at.x, cy: at.y, r: 5 }));
    }
    return extras;
  }
}

function place(element: HTMLElement, { x, y, width, height }: Rect): void {
  const { style } = element;
  style.transform = `translate(${x}px, ${y}px)`;
  style.width = `${width}px`;
  style.height = `${height}px`;
}
