import type { Point, Viewport } from './viewport.js';

/** What follows a press until the pointer is let go; points in pixels of the picture. */
export interface Drag {
  move(point: Point): void;
  end(): void;
  cancel(): void;
}

export interface GestureEvents {
  /**
   * A press at a point of the picture, before it is known whether it will be a tap or a drag.
   * @param reach how far off, in pixels of the picture, still counts as hitting a line.
   * @returns nothing where a drag moves the picture.
   */
  grab(point: Point, reach: number, isTouch: boolean): Drag | undefined;
  tap(point: Point): void;
  hover(point: Point | undefined, reach: number): void;
  /** The picture was moved or zoomed. */
  viewed(): void;
}

/** CSS pixels a pointer may move in a tap. */
const tapReach = 4;
const lineReach = { mouse: 6, touch: 18 };

/** Mouse, pen and fingers on the stage: tap, drag, wheel and pinch to zoom, Space or middle button to pan. */
export class Gestures {
  readonly #stage: HTMLElement;
  readonly #view: Viewport;
  readonly #events: GestureEvents;
  readonly #pointers = new Map<number, Point>();
  #drag: Drag | undefined;
  #start: Point | undefined;
  #moved = false;
  #spaceHeld = false;
  #panning = false;

  constructor(stage: HTMLElement, view: Viewport, events: GestureEvents) {
    this.#stage = stage;
    this.#view = view;
    this.#events = events;
    stage.addEventListener('pointerdown', (event) => this.#down(event));
    stage.addEventListener('pointermove', (event) => this.#move(event));
    stage.addEventListener('pointerup', (event) => this.#up(event));
    stage.addEventListener('pointercancel', (event) => this.#cancel(event));
    stage.addEventListener('pointerleave', () => this.#events.hover(undefined, 0));
    stage.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    // Space goes on scrolling and pressing buttons everywhere but over the stage.
    document.addEventListener('keydown', (event) => this.#space(event, true));
    document.addEventListener('keyup', (event) => this.#space(event, false));
  }

  #down(event: PointerEvent): void {
    if (event.button > 1) return;
    const at = this.#pointOf(event);
    this.#pointers.set(event.pointerId, at);
    this.#stage.setPointerCapture(event.pointerId);
    if (this.#pointers.size > 1) {
      this.#drop();
      return;
    }
    this.#start = at;
    this.#moved = false;
    this.#panning = event.button === 1 || this.#spaceHeld;
    if (event.button === 1) event.preventDefault();
    const isTouch = event.pointerType === 'touch';
    if (!this.#panning) {
      this.#drag = this.#events.grab(this.#view.toPicture(at), this.#reach(isTouch), isTouch);
    }
  }

  #move(event: PointerEvent): void {
    const at = this.#pointOf(event);
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      // A finger points at nothing while it does not press.
      if (event.pointerType !== 'touch') {
        this.#events.hover(this.#view.toPicture(at), this.#reach(false));
      }
      return;
    }
    if (this.#pointers.size === 2) this.#pinch(event.pointerId, before, at);
    this.#pointers.set(event.pointerId, at);
    if (this.#pointers.size > 1 || !this.#start) return;
    const far = Math.hypot(at.x - this.#start.x, at.y - this.#start.y) > tapReach;
    if (!this.#moved && !far) return;
    this.#moved = true;
    if (this.#drag) {
      this.#drag.move(this.#view.toPicture(at));
    } else {
      this.#view.pan(at.x - before.x, at.y - before.y);
      this.#events.viewed();
    }
  }

  #up(event: PointerEvent): void {
    const at = this.#pointOf(event);
    const wasSingle = this.#pointers.size === 1 && this.#start !== undefined;
    this.#pointers.delete(event.pointerId);
    if (wasSingle) {
      if (this.#moved) this.#drag?.end();
      else this.#drag?.cancel();
      if (!this.#moved && !this.#panning) this.#events.tap(this.#view.toPicture(at));
    }
    this.#drag = undefined;
    if (this.#pointers.size === 0) this.#start = undefined;
  }

  #cancel(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    this.#drop();
  }

  /** A second finger, or the browser, takes the gesture over. */
  #drop(): void {
    this.#drag?.cancel();
    this.#drag = undefined;
    this.#start = undefined;
  }

  #pinch(moving: number, before: Point, at: Point): void {
    for (const [id, other] of this.#pointers) {
      if (id === moving) continue;
      const [was, is] = [before, at].map((p) => Math.hypot(p.x - other.x, p.y - other.y));
      const middle = (p: Point) => ({ x: (p.x + other.x) / 2, y: (p.y + other.y) / 2 });
      this.#view.pan(middle(at).x - middle(before).x, middle(at).y - middle(before).y);
      this.#view.zoom(is / Math.max(1, was), middle(at));
      this.#events.viewed();
    }
  }

  #wheel(event: WheelEvent): void {
    // On a page that scrolls, the wheel belongs to it until the picture is zoomed.
    const scrolls = document.documentElement.scrollHeight > window.innerHeight + 1;
    if (scrolls && !event.ctrlKey && !this.#view.isZoomed) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const step = Math.max(-60, Math.min(event.deltaY * lines, 60));
    this.#view.zoom(Math.exp(-step / (event.ctrlKey ? 100 : 250)), this.#pointOf(event));
    this.#events.viewed();
  }

  #space(event: KeyboardEvent, held: boolean): void {
    if (event.key !== ' ' || (held && !this.#stage.matches(':hover'))) return;
    const active = document.activeElement;
    if (held && active !== document.body && !this.#stage.contains(active)) return;
    this.#spaceHeld = held;
    if (held) event.preventDefault();
    this.#stage.classList.toggle('is-panning', held);
  }

  #pointOf(event: MouseEvent): Point {
    const { left, top } = this.#stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #reach(isTouch: boolean): number {
    return (isTouch ? lineReach.touch : lineReach.mouse) / this.#view.scale;
  }
}
