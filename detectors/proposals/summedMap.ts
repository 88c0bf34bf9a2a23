import type { Xyxy } from '../../src/geometry/boxes.js';

const { floor, max, min } = Math;

/** A map of numbers whose sum over any box costs four look-ups (a summed-area table). */
export class SummedMap {
  readonly rows: number;
  readonly columns: number;
  readonly #sums: Float64Array;

  /** @param values [rows, columns]. */
  constructor(values: ArrayLike<number>, rows: number, columns: number) {
    this.rows = rows;
    this.columns = columns;
    const stride = columns + 1;
    this.#sums = new Float64Array((rows + 1) * stride);
    for (let row = 0; row < rows; row++) {
      let line = 0;
      for (let column = 0; column < columns; column++) {
        line += values[row * columns + column];
        this.#sums[(row + 1) * stride + column + 1] = this.#sums[row * stride + column + 1] + line;
      }
    }
  }

  /** Sum over a box in cells; cells that it covers in part count in part. The box is clipped. */
  sum([x1, y1, x2, y2]: Xyxy): number {
    return this.#upTo(x2, y2) - this.#upTo(x1, y2) - this.#upTo(x2, y1) + this.#upTo(x1, y1);
  }

  /** The same to the bit for a box of whole cells inside the map, in a fraction of the time. */
  sumOfCells([x1, y1, x2, y2]: Xyxy): number {
    const sums = this.#sums;
    const top = y1 * (this.columns + 1);
    const bottom = y2 * (this.columns + 1);
    return sums[bottom + x2] - sums[bottom + x1] - sums[top + x2] + sums[top + x1];
  }

  /** Sum over [0, x] × [0, y], linear within cells. */
  #upTo(x: number, y: number): number {
    const clampedX = min(max(x, 0), this.columns);
    const clampedY = min(max(y, 0), this.rows);
    const column = min(floor(clampedX), this.columns - 1);
    const row = min(floor(clampedY), this.rows - 1);
    const fx = clampedX - column;
    const fy = clampedY - row;
    const at = row * (this.columns + 1) + column;
    const below = at + this.columns + 1;
    const top = this.#sums[at] * (1 - fx) + this.#sums[at + 1] * fx;
    const bottom = this.#sums[below] * (1 - fx) + this.#sums[below + 1] * fx;
    return top * (1 - fy) + bottom * fy;
  }
}
