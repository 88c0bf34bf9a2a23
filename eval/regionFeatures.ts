import type { FgClip } from '../src/fgclip/model.js';
import { decodeImage } from '../src/images/decode.js';
import { clipNormalisation, preprocess } from '../src/images/preprocess.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { unitRows } from './cosine.js';

/** Pictures are encoded in batches of this many; the last one is filled up with its first picture. */
const batchSize = 16;

/** The pixels of picture files, squashed to a square as FG-CLIP takes them: [batch, 3, side, side]. */
export async function squarePixels(files: readonly string[], side: number): Promise<NdArray> {
  const images = await Promise.all(
    files.map((file) => decodeImage(file, { applyOrientation: false })),
  );
  return preprocess(images, { width: side, height: side, ...clipNormalisation });
}

/** Runs `use` over lists in batches of one size; rows that only fill up the last batch are marked. */
export async function inBatches<T>(
  items: readonly T[],
  use: (batch: T[], real: number, first: number) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < items.length; first += batchSize) {
    const real = items.slice(first, first + batchSize);
    const filled = [...real, ...Array<T>(batchSize - real.length).fill(real[0])];
    await use(filled, real.length, first);
  }
}

/** A picture with boxes; x1, y1, x2, y2 in shares of its width and height. */
export interface BoxedPicture {
  file: string;
  boxes: readonly (readonly [number, number, number, number])[];
}

/**
 * Region features of all boxes, of length one.
 * @param side pixels of the square that pictures are squashed to
 * @returns [boxes, projection], picture by picture
 */
export async function regionFeaturesOf(
  model: FgClip,
  pictures: readonly BoxedPicture[],
  side: number,
): Promise<NdArray> {
  const { projectionDim, vision } = model.config;
  const cells = side / vision.patchSize;
  const total = pictures.reduce((sum, { boxes }) => sum + boxes.length, 0);
  const all = new Float32Array(total * projectionDim);
  let done = 0;
  await inBatches(pictures, async (batch, real) => {
    const rows = batch
      .slice(0, real)
      .flatMap(({ boxes }, image) =>
        boxes.map((box) => [image, ...box.map((corner) => Math.fround(corner) * cells)]),
      );
    const pixels = await squarePixels(
      batch.map(({ file }) => file),
      side,
    );
    const boxes = ndarray(Float32Array.from(rows.flat()), [rows.length, 5]);
    const features = await model.regionFeatures(pixels, boxes);
    all.set(features.data as Float32Array, done * projectionDim);
    done += rows.length;
  });
  return unitRows(ndarray(all, [total, projectionDim]));
}
