import { UserError } from '../../src/errors.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import {
  encodeMask,
  maskBox,
  maskOfSegmentation,
  type RunLengthMask,
  type Segmentation,
} from '../../src/masks/index.js';
import { segmentationOf } from './cocoSegmentation.js';
import type { Outline } from './outline.js';
import type { Size } from './pictureSizes.js';

/** CVAT's mask: lengths of runs, row by row, outside first, of the pixels of a box. */
export interface CvatMask {
  rle: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Of the box of a mask; a few runs can make as many as they like. */
const mostPixels = 1e8;

/**
 * CVAT's mask as an outline, which is of the whole picture.
 * @param size undefined sides: the outline is not known.
 * @param where file and line, for messages.
 * @throws UserError for runs that do not fill the box, or a box that is not in the picture
 */
export function outlineOfCvatMask(
  { rle, left, top, width, height }: CvatMask,
  size: Partial<Size>,
  where: string,
): Outline | undefined {
  if (!(size.width && size.height)) return undefined;
  const runs = rle.split(',').map(Number);
  const isInside =
    [left, top, width, height].every((side) => Number.isInteger(side) && side >= 0) &&
    left + width <= size.width &&
    top + height <= size.height &&
    width * height <= mostPixels;
  const isFilled = runs.reduce((sum, run) => sum + run, 0) === width * height;
  if (!isInside || !isFilled || !runs.every((run) => Number.isInteger(run) && run >= 0)) {
    throw new UserError(`${where}: the runs of the mask do not fill its box in the picture.`);
  }
  const pixels = new Uint8Array(width * height);
  let place = 0;
  runs.forEach((run, i) => {
    if (i % 2 === 1) pixels.fill(1, place, place + run);
    place += run;
  });
  const counts = new Counts();
  counts.add(false, left * size.height);
  for (let x = 0; x < width; x++) {
    counts.add(false, top);
    for (let y = 0; y < height; y++) counts.add(pixels[y * width + x] === 1, 1);
    counts.add(false, size.height - top - height);
  }
  counts.add(false, (size.width - left - width) * size.height);
  return { kind: 'mask', runs: { size: [size.height, size.width], counts: counts.all() } };
}

/** Lengths of runs, outside first. */
class Counts {
  readonly #counts = [0];

  add(isInside: boolean, length: number): void {
    if (length === 0) return;
    if (isInside !== (this.#counts.length % 2 === 0)) this.#counts.push(0);
    this.#counts[this.#counts.length - 1] += length;
  }

  all(): number[] {
    return this.#counts;
  }
}

/**
 * The mask of an outline; undefined where it has no pixels, or its runs are wrong.
 * @param box of the outline: polygons do not say how large their picture is.
 */
export function cvatMaskOf(outline: Outline, [, , right, bottom]: Xyxy): CvatMask | undefined {
  let mask: RunLengthMask;
  try {
    mask = maskOfSegmentation(segmentationOf(outline) as Segmentation, {
      width: Math.ceil(right),
      height: Math.ceil(bottom),
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const [left, top, width, height] = maskBox(mask);
  if (width === 0) return undefined;
  const rows = new Uint8Array(width * height);
  let place = 0;
  mask.counts.forEach((run, i) => {
    for (const end = place + run; i % 2 === 1 && place < end; place++) {
      const x = Math.floor(place / mask.height) - left;
      rows[((place % mask.height) - top) * width + x] = 1;
    }
    if (i % 2 === 0) place += run;
  });
  // Column by column of the turned picture is row by row of this one.
  const { counts } = encodeMask(rows, width, height);
  return { rle: Array.from(counts).join(', '), left, top, width, height };
}
