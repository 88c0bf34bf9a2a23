import type { Canvas } from 'canvas';
import type { RgbImage } from '../../src/images/rgbImage.js';
import type { Painted } from './painted.js';

/** Pixels of a drawing with at least this alpha count as its own. */
export const visibleAlpha = 64;

/** xmin, ymin, xmax, ymax in whole pixels; the last two lie just outside. */
export type PixelBox = [number, number, number, number];

/** What of a drawing can be seen in the finished picture. */
export interface Visible {
  /** Visible pixels, and their share of all the drawing's pixels. */
  pixels: number;
  share: number;
  /** Bounds of the visible pixels. */
  box: PixelBox;
}

/**
 * A picture that drawings are laid on one after the other, which knows for every pixel which drawing is
 * on top.
 */
export class Composition {
  readonly width: number;
  readonly height: number;
  readonly #rgba: Uint8ClampedArray;
  /** Number of the drawing on top of each pixel; -1 for the background. */
  readonly #owner: Int16Array;
  /** Pixels each drawing has in all, and how many of them can be seen. */
  readonly #total: number[] = [];
  readonly #seen: number[] = [];

  constructor(background: Canvas) {
    this.width = background.width;
    this.height = background.height;
    const context = background.getContext('2d');
    this.#rgba = context.getImageData(0, 0, this.width, this.height).data;
    this.#owner = new Int16Array(this.width * this.height).fill(-1);
  }

  /**
   * The smallest visible share any drawing would have, the new one included, if it were laid at this
   * place.
   */
  leastVisible(drawing: Painted, left: number, top: number): number {
    const covered = new Map<number, number>();
    let inside = 0;
    this.#visit(drawing, left, top, (pixel) => {
      inside++;
      const owner = this.#owner[pixel];
      if (owner >= 0) covered.set(owner, (covered.get(owner) ?? 0) + 1);
    });
    let least = inside / countPixels(drawing);
    for (const [owner, count] of covered) {
      least = Math.min(least, (this.#seen[owner] - count) / this.#total[owner]);
    }
    return least;
  }

  /** Lays a drawing on top. Drawings are numbered in this order, from 0. */
  add(drawing: Painted, left: number, top: number): void {
    const number = this.#total.length;
    this.#total.push(countPixels(drawing));
    this.#seen.push(this.#claim(drawing, left, top, number));
    this.#blend(drawing, left, top);
  }

  /** Lays something on top that is not to be found again: it covers what is below, like the background. */
  addScenery(drawing: Painted, left: number, top: number): void {
    this.#claim(drawing, left, top, -1);
    this.#blend(drawing, left, top);
  }

  /** What can be seen of each drawing. */
  visible(): Visible[] {
    const found = this.#total.map((total, i): Visible => {
      const box: PixelBox = [this.width, this.height, 0, 0];
      return { pixels: this.#seen[i], share: this.#seen[i] / total, box };
    });
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        const owner = this.#owner[y * this.width + x];
        if (owner < 0) continue;
        const { box } = found[owner];
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x + 1);
        box[3] = Math.max(box[3], y + 1);
      }
    }
    return found;
  }

  image(): RgbImage {
    const data = new Uint8Array(this.width * this.height * 3);
    for (let i = 0, j = 0; j < data.length; i += 4) {
      data[j++] = this.#rgba[i];
      data[j++] = this.#rgba[i + 1];
      data[j++] = this.#rgba[i + 2];
    }
    return { width: this.width, height: this.height, data };
  }

  #claim(drawing: Painted, left: number, top: number, number: number): number {
    let count = 0;
    this.#visit(drawing, left, top, (pixel) => {
      const owner = this.#owner[pixel];
      if (owner >= 0) this.#seen[owner]--;
      this.#owner[pixel] = number;
      count++;
    });
    return count;
  }

  /** Calls `visitor` with every pixel of the picture that the drawing would own. */
  #visit(drawing: Painted, left: number, top: number, visitor: (pixel: number) => void): void {
    const { width, height, data } = drawing;
    const [fromX, toX] = [Math.max(0, -left), Math.min(width, this.width - left)];
    const [fromY, toY] = [Math.max(0, -top), Math.min(height, this.height - top)];
    for (let y = fromY; y < toY; y++) {
      for (let x = fromX; x < toX; x++) {
        if (data[(y * width + x) * 4 + 3] < visibleAlpha) continue;
        visitor((y + top) * this.width + x + left);
      }
    }
  }

  #blend({ width, height, data }: Painted, left: number, top: number): void {
    for (let y = Math.max(0, -top); y < Math.min(height, this.height - top); y++) {
      for (let x = Math.max(0, -left); x < Math.min(width, this.width - left); x++) {
        const i = (y * width + x) * 4;
        const alpha = data[i + 3] / 255;
        if (alpha === 0) continue;
        const j = ((y + top) * this.width + x + left) * 4;
        for (let c = 0; c < 3; c++) this.#rgba[j + c] += (data[i + c] - this.#rgba[j + c]) * alpha;
      }
    }
  }
}

/** Number of pixels a drawing owns. */
export function countPixels({ data }: Painted): number {
  let count = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] >= visibleAlpha) count++;
  return count;
}
