import { boxArea, type Xyxy } from '../../src/geometry/boxes.js';
import { SummedMap } from './summedMap.js';

const { max, min } = Math;

/**
 * Tells how well boxes enclose what stands out on a map: the share that the box and what stands out in
 * and around it have in common (intersection over union with soft membership). A box that cuts an object
 * loses by what lies just outside, one that is too large by its empty inside.
 */
export class Enclosure {
  readonly #map: SummedMap;
  readonly #peak: number;

  /**
   * @param standout [rows, columns], from 0 up.
   * @param peak values from here on count as fully part of the object.
   */
  constructor(standout: Float32Array, rows: number, columns: number, peak: number) {
    this.#peak = peak;
    this.#map = new SummedMap(
      standout.map((value) => min(value, peak)),
      rows,
      columns,
    );
  }

  /** In 0..1. */
  of(box: Xyxy): number {
    const [x1, y1, x2, y2] = box;
    const marginX = max(1, (x2 - x1) / 4);
    const marginY = max(1, (y2 - y1) / 4);
    const inside = this.#map.sum(box) / this.#peak;
    const around =
      this.#map.sum([x1 - marginX, y1 - marginY, x2 + marginX, y2 + marginY]) / this.#peak - inside;
    return inside / (boxArea(box) + around);
  }
}

/**
 * The overlap with the true box to expect when edges are known to a quarter of a cell: 1 for boxes of many
 * cells. Of two views' boxes it favours the one from the finer grid.
 */
export function resolution([x1, y1, x2, y2]: Xyxy): number {
  return (1 - 0.5 / (x2 - x1)) * (1 - 0.5 / (y2 - y1));
}
