import { type Placement, renderCanvas, shownSize } from '../../detectors/letterbox.js';
import type { Size } from '../../detectors/scales.js';
import { UserError } from '../../src/errors.js';
import { patchesOf } from '../../src/fgclip2/preprocess.js';
import type { Grid } from '../../src/geometry/grid.js';
import { crop } from '../../src/images/crop.js';
import { decodeImage } from '../../src/images/decode.js';
import { mirror } from '../../src/images/mirror.js';
import type { PatchLimit } from '../../src/images/naflex.js';
import type { ExifChoice, TakenAs } from '../../src/images/orientation.js';
import type { Normalisation } from '../../src/images/preprocess.js';
import { resizeBilinear } from '../../src/images/resize.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { createRandom, type Random } from '../../src/random.js';
import { featureFile } from '../keptFeatures.js';
import {
  type BatchShape,
  type Oriented,
  type PictureBatch,
  PictureBatches,
} from '../pictureBatch.js';
import type { PlainArray } from '../plainArrays.js';
import { type BoxTable, pictureAt } from './boxTable.js';
import { type FeatureStore, readTaps } from './featureStore.js';
import { commonGrid, putMap } from './grids.js';
import {
  type Augmentation,
  type CanvasBox,
  drawPatchPlacement,
  drawPlacement,
  placeBoxes,
} from './sample.js';

/** How batches are made. */
export interface BoxBatchConfig extends BatchShape, Augmentation {
  /** Side of the square canvas, in pixels. Absent: pictures keep their aspect ratio, and samples bring what they show. */
  imageSize?: number;
  /** Of a box that is cut off, the share of its area that must be left for it not to be ignored. */
  keepsBoxes: number;
}

/** What batches are made from: plain data, which can be posted to a thread. */
export interface BoxBatchSource {
  config: BoxBatchConfig;
  table: BoxTable;
  normalisation: Normalisation;
  /** Side of a patch, in pixels. */
  patchSize: number;
  /** The most patches of a picture, where there is no `imageSize` and pictures keep their aspect ratio. Default: `dynamic`. */
  patches?: PatchLimit;
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
export interface BoxBatch extends Pick<PictureBatch<unknown>, 'bad' | 'oriented'> {
  /** [batch, 3, imageSize, imageSize]; of pictures in their own aspect ratio nothing. */
  pixels: PlainArray;
  /** Of pictures in their own aspect ratio, `PatchedPicture.patches` of each, in place of pixels. */
  patches?: Float32Array[];
  /** Rows and columns of patches: each picture's, and of a map that has room for each of them. */
  grids: Grid[];
  grid: Grid;
  /** [boxes, 4]: the boxes of all pictures, x1, y1, x2, y2 in pixels of the canvas. */
  boxes: Float32Array;
  /** [boxes]: 1 where the box is neither an object to be found nor free ground. */
  ignore: Uint8Array;
  /** [batch + 1]: which boxes are a picture's, from its own first up to the next one's. */
  firstBox: Uint32Array;
  /** Boxes left out because they have no area. */
  droppedBoxes: number;
  /** With a store: pictures whose features were read have pixels of 0, or no patches. */
  kept?: KeptTaps;
}

/** The script of threads that prepare these batches; their source is a `BoxBatchSource`. */
export const boxBatchScript = new URL('./batches.worker.js', import.meta.url);

interface Sample extends Oriented {
  grid: Grid;
  patches: Float32Array;
  boxes: CanvasBox[];
  droppedBoxes: number;
  taps: Float32Array[] | null;
  file: string | null;
}

/** Prepares batches: batch k is a pure function of the source and k. */
export class BoxBatchBuilder {
  readonly #source: BoxBatchSource;
  readonly #pictures: PictureBatches;

  /** @throws UserError when there are not enough pictures for a step. */
  constructor(source: BoxBatchSource) {
    this.#source = source;
    this.#pictures = new PictureBatches(source.table.parts, source.config);
  }

  /**
   * Micro-batch `index`, counted over the whole run.
   * @throws UserError when a picture finds no readable replacement.
   */
  async build(index: number): Promise<BoxBatch> {
    const { store, config } = this.#source;
    const { microBatch, imageSize = 0 } = config;
    const values = 3 * imageSize * imageSize;
    const pixels = new Float32Array(microBatch * values);
    const { samples, bad, oriented } = await this.#pictures.build(index, (picture, random, i) =>
      this.#show(picture, random, pixels.subarray(i * values, (i + 1) * values)),
    );
    const ownSizes = config.imageSize === undefined;
    const grids = samples.map((sample) => sample.grid);
    const grid = ownSizes ? commonGrid(grids) : grids[0];
    return {
      pixels: { data: pixels, shape: [microBatch, 3, imageSize, imageSize] },
      ...(ownSizes && { patches: samples.map((sample) => sample.patches) }),
      ...{ grids, grid },
      ...packBoxes(samples.map(({ boxes }) => boxes)),
      ...{ bad, oriented },
      droppedBoxes: samples.reduce((sum, sample) => sum + sample.droppedBoxes, 0),
      ...(store && { kept: packTaps(samples, store, grid) }),
    };
  }

  async #show(picture: number, random: Random, target: Float32Array): Promise<Sample> {
    const { config, table, store } = this.#source;
    const { path, size, exif, boxes, droppedBoxes } = pictureAt(table, picture);
    const placement = store
      ? lastingPlacement(this.#source, picture)
      : placementOf(this.#source, size, random);
    const grid = gridOf(this.#source, placement);
    const file = store ? await featureFile(store, path, shownAs(placement, exif)) : null;
    const taps = store && file ? readTaps(store, file, grid) : null;
    const drawn = taps ? undefined : await this.#draw(path, exif, placement, target);
    const placed = placeBoxes(boxes, placement, config.keepsBoxes);
    const { takenAs, patches = new Float32Array(0) } = drawn ?? {};
    return { boxes: placed, droppedBoxes, taps, file, takenAs, grid, patches };
  }

  /** Draws a picture on its canvas, or gives its patches. */
  async #draw(
    path: string,
    exif: ExifChoice | undefined,
    placement: Placement,
    target: Float32Array,
  ): Promise<{ takenAs?: TakenAs; patches?: Float32Array }> {
    const { picture } = placement;
    const image = await decodeImage(path, { applyOrientation: { exif, ...picture } });
    if (image.width !== picture.width || image.height !== picture.height) {
      throw new UserError(
        `${path} has ${image.width} x ${image.height} pixels, and its annotations are for ` +
          `${picture.width} x ${picture.height}.`,
      );
    }
    const { takenAs } = image;
    if (this.#source.config.imageSize === undefined) {
      return { takenAs, patches: patchesOf(shownPart(image, placement), this.#source) };
    }
    renderCanvas(image, placement, this.#source.normalisation, target);
    return { takenAs };
  }
}

/** What shows of a picture, without padding. */
function shownPart(image: RgbImage, placement: Placement): RgbImage {
  const { scaled, left, top, flip } = placement;
  const { width, height } = shownSize(placement);
  const resized = resizeBilinear(image, scaled.width, scaled.height);
  const shown = crop(resized, [left, top, left + width, top + height]);
  return flip ? mirror(shown) : shown;
}

/** How a picture is shown whenever it is, if its features are kept: drawn from the seed and its name. */
export function lastingPlacement(source: BoxBatchSource, picture: number): Placement {
  const { config, table } = source;
  const random = createRandom(config.seed).fork('shown').fork(table.files[picture]);
  return placementOf(source, pictureAt(table, picture).size, random);
}

function placementOf(source: BoxBatchSource, picture: Size, random: Random): Placement {
  const { config, patchSize, patches: limit = 'dynamic' } = source;
  const { imageSize } = config;
  if (imageSize === undefined) {
    return drawPatchPlacement(picture, { patchSize, limit }, config, random);
  }
  return drawPlacement(picture, { width: imageSize, height: imageSize }, config, random);
}

/** Rows and columns of the patches that show a picture, padding included. */
export function gridOf(source: BoxBatchSource, placement: Placement): Grid {
  const { config, patchSize } = source;
  const { width, height } =
    config.imageSize === undefined ? shownSize(placement) : placement.canvas;
  return { rows: height / patchSize, columns: width / patchSize };
}

/** What features of a picture are kept under, besides its path. */
export function shownAs(placement: Placement, exif: ExifChoice | undefined): object {
  return exif ? { ...placement, exif } : placement;
}

function packTaps(
  samples: readonly Sample[],
  { taps: count, width }: FeatureStore,
  grid: Grid,
): KeptTaps {
  const size = samples.length * grid.rows * grid.columns * width;
  const taps = Array.from({ length: count }, () => new Float32Array(size));
  samples.forEach((sample, place) => {
    sample.taps?.forEach((values, tap) => {
      putMap(values, sample.grid, taps[tap], { place, grid, width });
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
