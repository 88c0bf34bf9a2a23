import { clipBox, scaleBox, type Xyxy } from '../geometry/boxes.js';
import { nms } from '../geometry/nms.js';
import type { NdArray } from '../jit/ndarray.js';
import type { BoxesConfig } from './config.js';

/** A box of the box network. */
export interface FoundBox {
  /** In shares (0..1) of the picture's sides. */
  box: Xyxy;
  /** The largest of `scores`. */
  quality: number;
  /** [classes], 0..1 each: the box network's own. */
  scores: Float32Array;
}

/** Cells that are looked at, boxes that are kept, and the overlap from which on the worse of two goes. */
const mostCells = 1000;
const mostBoxes = 100;
const overlap = 0.6;

/** A cell of a map, and its largest class logit. */
interface Cell {
  map: number;
  cell: number;
  logit: number;
}

/**
 * The boxes of one picture, by falling quality.
 * @param maps of `boxMaps`, finest first
 * @param image which picture of the batch
 */
export function decodeBoxes(
  maps: readonly NdArray[],
  image: number,
  config: BoxesConfig,
): FoundBox[] {
  const views = maps.map((map) => new MapView(map, image, config));
  const best = views
    .flatMap((view, map) => view.cells(map))
    .sort((a, b) => b.logit - a.logit)
    .slice(0, mostCells);
  const boxes = best.map(({ map, cell }) => views[map].box(cell));
  const logits = best.map(({ logit }) => logit);
  return nms(boxes, logits, overlap, undefined, mostBoxes).map((index) => {
    const { map, cell, logit } = best[index];
    return {
      box: scaleBox(boxes[index], 1 / config.side, 1 / config.side),
      quality: Math.fround(sigmoid(logit)),
      scores: views[map].logits(cell).map(sigmoid),
    };
  });
}

/** One picture's part of a map. */
class MapView {
  readonly #data: Float32Array;
  readonly #columns: number;
  readonly #count: number;
  readonly #channels: number;
  readonly #config: BoxesConfig;

  constructor({ data, shape }: NdArray, image: number, config: BoxesConfig) {
    const [, rows, columns, channels] = shape;
    const size = rows * columns * channels;
    this.#data = (data as Float32Array).subarray(image * size, (image + 1) * size);
    this.#columns = columns;
    this.#count = rows * columns;
    this.#channels = channels;
    this.#config = config;
  }

  cells(map: number): Cell[] {
    const data = this.#data;
    const { classes } = this.#config;
    const cells: Cell[] = [];
    for (let cell = 0; cell < this.#count; cell++) {
      const start = cell * this.#channels;
      let logit = -Infinity;
      for (let i = start; i < start + classes; i++) if (data[i] > logit) logit = data[i];
      cells.push({ map, cell, logit });
    }
    return cells;
  }

  logits(cell: number): Float32Array {
    const start = cell * this.#channels;
    return this.#data.subarray(start, start + this.#config.classes);
  }

  /** In pixels of the squashed picture. */
  box(cell: number): Xyxy {
    const { side } = this.#config;
    const stride = side / this.#columns;
    const x = ((cell % this.#columns) + 0.5) * stride;
    const y = (Math.floor(cell / this.#columns) + 0.5) * stride;
    const [left, top, right, bottom] = [0, 1, 2, 3].map((edge) => this.#distance(cell, edge));
    const corners = [x - left * stride, y - top * stride, x + right * stride, y + bottom * stride];
    return clipBox(corners as unknown as Xyxy, side, side);
  }

  /** The mean distance to an edge, in strides (generalised focal loss, Li et al. 2020). */
  #distance(cell: number, edge: number): number {
    const { classes, bins } = this.#config;
    const start = cell * this.#channels + classes + edge * bins;
    const data = this.#data;
    let largest = -Infinity;
    for (let i = start; i < start + bins; i++) if (data[i] > largest) largest = data[i];
    let sum = 0;
    let weighted = 0;
    for (let bin = 0; bin < bins; bin++) {
      const weight = Math.exp(data[start + bin] - largest);
      sum += weight;
      weighted += bin * weight;
    }
    return weighted / sum;
  }
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
