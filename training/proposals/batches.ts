import { type Placement, renderCanvas } from '../../detectors/letterbox.js';
import { UserError } from '../../src/errors.js';
import { decodeImage } from '../../src/images/decode.js';
import type { ExifChoice, TakenAs } from '../../src/images/orientation.js';
import type { Normalisation } from '../../src/images/preprocess.js';
import { sizeOf } from '../../src/jit/ndarray.js';
import { createRandom, type Random } from '../../src/random.js';
import { featureFile } from '../keptFeatures.js';
import {
  type BatchShape,
  type Oriented,
  type PictureBatch,
  PictureBatches,
} from '../pictureBatch.js';
import { type BoxTable, pictureAt } from './boxTable.js';
import { type FeatureStore, readTaps } from './featureStore.js';
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
  /** Where features of pictures are kept; a picture is then always shown in the same way. */
  store?: FeatureStore;
}

/** Features of a batch's pictures as far as they were kept. */
export interface KeptTaps {
  /** For each tap [batch, rows, columns, width]; zeros for pictures whose features are missing. */
  taps: Float32Array[];
  /** For each picture the file that its features are missing in; null where they were read. */
  missing: (string | null)[];
}

/** A batch as a worker thread sends it, with what was left out on the way. */
export interface BoxBatch extends Pick<PictureBatch<unknown>, 'pixels' | 'bad' | 'oriented'> {
  /** [boxes, 4]: the boxes of all pictures, x1, y1, x2, y2 in pixels of the canvas. */
  boxes: Float32Array;
  /** [boxes]: 1 where the box is neither an object to be found nor free ground. */
  ignore: Uint8Array;
  /** [batch + 1]: which boxes are a picture's, from its own first up to the next one's. */
  firstBox: Uint32Array;
  /** Boxes left out because they have no area. */
  droppedBoxes: number;
  /** With a store: pictures whose features were read have pixels of 0. */
  kept?: KeptTaps;
}

/** The script of threads that prepare these batches; their source is a `BoxBatchSource`. */
export const boxBatchScript = new URL('./batches.worker.js', import.meta.url);

interface Sample extends Oriented {
  boxes: CanvasBox[];
  droppedBoxes: number;
  taps: Float32Array[] | null;
  file: string | null;
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
   * Micro-batch `index`, counted over the whole run.
   * @throws UserError when a picture finds no readable replacement.
   */
  async build(index: number): Promise<BoxBatch> {
    const { pixels, samples, bad, oriented } = await this.#pictures.build(index);
    const { store } = this.#source;
    return {
      pixels,
      ...packBoxes(samples.map(({ boxes }) => boxes)),
      ...{ bad, oriented },
      droppedBoxes: samples.reduce((sum, sample) => sum + sample.droppedBoxes, 0),
      ...(store && { kept: packTaps(samples, store) }),
    };
  }

  async #show(picture: number, random: Random, target: Float32Array): Promise<Sample> {
    const { config, table, store } = this.#source;
    const { path, size, exif, boxes, droppedBoxes } = pictureAt(table, picture);
    const placement = store
      ? lastingPlacement(this.#source, picture)
      : drawPlacement(size, canvasOf(config), config, random);
    const file = store ? await featureFile(store, path, shownAs(placement, exif)) : null;
    const taps = store && file ? readTaps(store, file) : null;
    const takenAs = taps ? undefined : await this.#draw(path, exif, placement, target);
    const placed = placeBoxes(boxes, placement, config.keepsBoxes);
    return { boxes: placed, droppedBoxes, taps, file, takenAs };
  }

  async #draw(
    path: string,
    exif: ExifChoice | undefined,
    placement: Placement,
    target: Float32Array,
  ): Promise<TakenAs | undefined> {
    const { picture } = placement;
    const image = await decodeImage(path, { applyOrientation: { exif, ...picture } });
    if (image.width !== picture.width || image.height !== picture.height) {
      throw new UserError(
        `${path} has ${image.width} x ${image.height} pixels, and its annotations are for ` +
          `${picture.width} x ${picture.height}.`,
      );
    }
    renderCanvas(image, placement, this.#source.normalisation, target);
    return image.takenAs;
  }
}

/** How a picture is shown whenever it is, if its features are kept: drawn from the seed and its name. */
export function lastingPlacement(
  { config, table }: Pick<BoxBatchSource, 'config' | 'table'>,
  picture: number,
): Placement {
  const random = createRandom(config.seed).fork('shown').fork(table.files[picture]);
  return drawPlacement(pictureAt(table, picture).size, canvasOf(config), config, random);
}

/** What features of a picture are kept under, besides its path. */
export function shownAs(placement: Placement, exif: ExifChoice | undefined): object {
  return exif ? { ...placement, exif } : placement;
}

function canvasOf({ imageSize }: BoxBatchConfig) {
  return { width: imageSize, height: imageSize };
}

function packTaps(samples: readonly Sample[], store: FeatureStore): KeptTaps {
  const size = sizeOf(store.shape);
  const taps = Array.from({ length: store.taps }, () => new Float32Array(samples.length * size));
  samples.forEach((sample, i) => {
    sample.taps?.forEach((values, tap) => {
      taps[tap].set(values, i * size);
    });
  });
  return { taps, missing: samples.map(({ taps, file }) => (taps ? null : file)) };
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
