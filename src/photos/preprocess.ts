import type { Xyxy } from '../geometry/boxes.js';
import { clipBox } from '../geometry/boxes.js';
import { type Normalisation, normalise } from '../images/preprocess.js';
import { resizeBilinear } from '../images/resize.js';
import type { RgbImage } from '../images/rgbImage.js';
import { type NdArray, ndarray } from '../jit/ndarray.js';

/** What the box network takes; the weights of its first layer are in this order of colours. */
export const boxNormalisation: Normalisation = {
  rescaleFactor: 1,
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};

/** What the crop network takes. */
export const cropNormalisation: Normalisation = {
  rescaleFactor: 1,
  mean: [127, 127, 127],
  std: [128, 128, 128],
};

/** Side of a crop by the longer side of the box in it. */
const cropMargin = 1.15;

/**
 * The part of a picture that the crop network sees of a box: a square around its middle, 1.15 times as long as the
 * box's longer side, without what is outside of the picture.
 * @param box in pixels
 * @param picture its size in pixels
 * @returns in pixels and fractions of them
 */
export function cropBox(
  [x1, y1, x2, y2]: Xyxy,
  picture: { readonly width: number; readonly height: number },
): Xyxy {
  const half = (cropMargin * Math.max(x2 - x1, y2 - y1)) / 2;
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  return clipBox([x - half, y - half, x + half, y + half], picture.width, picture.height);
}

/** The part of a picture inside `box` (default all of it) squashed to a square, as the networks take them. */
export function squashed(picture: RgbImage, side: number, box?: Xyxy): RgbImage {
  return resizeBilinear(picture, side, side, box);
}

/**
 * Squashed pictures or crops, normalised.
 * @returns float32 [pictures, 3, side, side]
 * @throws RangeError for pictures of another size.
 */
export function pixelsOf(
  pictures: readonly RgbImage[],
  side: number,
  normalisation: Normalisation,
): NdArray {
  const size = 3 * side * side;
  const batch = new Float32Array(pictures.length * size);
  pictures.forEach((picture, i) => {
    if (picture.width !== side || picture.height !== side) {
      throw new RangeError(
        `Pictures must be squashed to ${side} x ${side} pixels; number ${i} has ${picture.width} x ${picture.height}.`,
      );
    }
    normalise(picture, normalisation, batch.subarray(i * size, (i + 1) * size));
  });
  return ndarray(batch, [pictures.length, 3, side, side]);
}
