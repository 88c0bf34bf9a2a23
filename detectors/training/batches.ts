import { UserError } from '../../src/errors.js';
import { decodeImage } from '../../src/images/decode.js';
import type { Normalisation } from '../../src/images/preprocess.js';
import type { Random } from '../../src/random.js';
import {
  type BatchShape,
  type PictureBatch,
  PictureBatches,
} from '../../src/training/pictureBatch.js';
import { renderCanvas } from '../letterbox.js';
import { type BoxTable, pictureAt } from './boxTable.js';
import { type Augmentation, type CanvasBox, drawPlacement, placeBoxes } from './sample.js';

/** How batches are made. */
export interface BoxBatchConfig extends BatchShape, Augmentation {
  /** Of a box that is cut off, the share of its area that must be left for it not to be ignored. */
  keepsBoxes: number;
}

/** What batches are made from: plain data, which can be posted to a thread. */
export interface BoxBatchSource {
  config: BoxBatchConfig;
  table: BoxTable;
  normalisation: Normalisation;
}

/** A batch as a worker thread sends it, with what was left out on the way. */
export interface BoxBatch extends Pick<PictureBatch<unknown>, 'pixels' | 'bad'> {
  /** [boxes, 4]: the boxes of all pictures, x1, y1, x2, y2 in pixels of the canvas. */
  boxes: Float32Array;
  /** [boxes]: 1 where the box is neither an object to be found nor free ground. */
  ignore: Uint8Array;
  /** [batch + 1]: which boxes are a picture's, from its own first up to the next one's. */
  firstBox: Uint32Array;
  /** Boxes left out because they have no area. */
  droppedBoxes: number;
}

/** The script of threads that prepare these batches; their source is a `BoxBatchSource`. */
export const boxBatchScript = new URL('./batches.worker.js', import.meta.url);

interface Sample {
  boxes: CanvasBox[];
  droppedBoxes: number;
}

/** Prepares batches: batch k is a pure function of the source and k. */
export class BoxBatchBuilder {
  readonly #source: BoxBatchSource;
  readonly #pictures: PictureBatches<Sample>;

  /** @throws UserError when there are not enough pictures for a step. */
  constructor(source: BoxBatchSource) {
    this.#source = source;
    this.#pictures = new PictureBatches(source.table.parts, source.config, (...args) =>
      this.#show(...args),
    );
  }

  /**
   * Batch `index`, counted in micro-batches over the whole run.
   * @throws UserError when a picture finds no readable replacement.
   */
  async build(index: number): Promise<BoxBatch> {
    const { pixels, samples, bad } = await this.#pictures.build(index);
    return {
      pixels,
      ...packBoxes(samples.map(({ boxes }) => boxes)),
      bad,
      droppedBoxes: samples.reduce((sum, sample) => sum + sample.droppedBoxes, 0),
    };
  }

  async #show(picture: number, random: Random, target: Float32Array): Promise<Sample> {
    const { config, table, normalisation } = this.#source;
    const { path, size, boxes, droppedBoxes } = pictureAt(table, picture);
    const canvas = { width: config.imageSize, height: config.imageSize };
    const placement = drawPlacement(size, canvas, config, random);
    // Boxes of annotation files refer to the pixels as they are stored.
    const image = await decodeImage(path, { applyOrientation: false });
    if (image.width !== size.width || image.height !== size.height) {
      throw new UserError(
        `${path} has ${image.width} x ${image.height} pixels, and its annotations are for ` +
          `${size.width} x ${size.height}.`,
      );
    }
    renderCanvas(image, placement, normalisation, target);
    return { boxes: placeBoxes(boxes, placement, config.keepsBoxes), droppedBoxes };
  }
}

function packBoxes(perPicture: readonly CanvasBox[][]) {
  const all = perPicture.flat();
  const firstBox = new Uint32Array(perPicture.length + 1);
  perPicture.forEach((boxes, i) => {
    firstBox[i + 1] = firstBox[i] + boxes.length;
  });
  return {
    boxes: Float32Array.from(all.flatMap(({ box }) => box)),
    ignore: Uint8Array.from(all, ({ ignore }) => (ignore ? 1 : 0)),
    firstBox,
  };
}
