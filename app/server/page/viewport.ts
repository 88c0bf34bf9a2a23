import type { Rect } from '../../../src/images/placeLabels.js';
import type { Box, Size } from './contract.js';

export interface Point {
  x: number;
  y: number;
}

/** A small picture is not enlarged more than this to fill the stage. */
const mostFitted = 3;
/** Screen pixels per pixel of the picture that one can zoom to, at least. */
const mostZoomed = 8;

/** Where the picture lies on the stage: its scale and its upper left corner, in CSS pixels. */
export class Viewport {
  scale = 1;
  x = 0;
  y = 0;
  #stage: Size = { width: 1, height: 1 };
  #picture: Size = { width: 1, height: 1 };

  /** The whole picture, as large as the stage allows. */
  fit(picture = this.#picture): void {
    this.#picture = picture;
    this.scale = this.#fitted;
    this.#settle();
  }

  /** The stage's new size; a picture shown whole stays whole. */
  resize(stage: Size): void {
    const wasFitted = !this.isZoomed;
    this.#stage = stage;
    if (wasFitted || this.scale < this.#fitted) this.scale = this.#fitted;
    this.#settle();
  }

  get isZoomed(): boolean {
    return this.scale > this.#fitted * 1.001;
  }

  /** Makes the picture larger or smaller; what is at `point` of the stage stays there. */
  zoom(factor: number, point: Point = { x: this.#stage.width / 2, y: this.#stage.height / 2 }) {
    const most = Math.max(mostZoomed, this.#fitted * 2);
    const scale = Math.max(this.#fitted, Math.min(this.scale * factor, most));
    this.x = point.x - ((point.x - this.x) * scale) / this.scale;
    this.y = point.y - ((point.y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.#settle();
  }

  pan(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
    this.#settle();
  }

  toStage({ xmin, ymin, xmax, ymax }: Box): Rect {
    return {
      x: this.x + xmin * this.scale,
      y: this.y + ymin * this.scale,
      width: (xmax - xmin) * this.scale,
      height: (ymax - ymin) * this.scale,
    };
  }

  toPicture({ x, y }: Point): Point {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  get #fitted(): number {
    const { width, height } = this.#picture;
    return Math.min(this.#stage.width / width, this.#stage.height / height, mostFitted);
  }

  /** In the middle where there is room, otherwise without a gap at a side. */
  #settle(): void {
    const along = (at: number, stage: number, picture: number) =>
      picture <= stage ? (stage - picture) / 2 : Math.min(0, Math.max(at, stage - picture));
    this.x = along(this.x, this.#stage.width, this.#picture.width * this.scale);
    this.y = along(this.y, this.#stage.height, this.#picture.height * this.scale);
  }
}
