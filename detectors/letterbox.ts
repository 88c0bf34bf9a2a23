import type { Xyxy } from '../src/geometry/boxes.js';
import { mirror } from '../src/images/mirror.js';
import { type Normalisation, normalise } from '../src/images/preprocess.js';
import { resizeBicubic } from '../src/images/resize.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import type { Size } from './scales.js';

const { max, min, round } = Math;

/**
 * Where a picture lies on a canvas: it is resized, then cut at `left` and `top` and where the canvas ends;
 * what is left is mirrored if `flip`, and takes the top left corner. The rest of the canvas is padding.
 */
export interface Placement {
  picture: Size;
  canvas: Size;
  /** Size of the whole picture after resizing, in whole pixels; the sides' scales differ by that rounding. */
  scaled: Size;
  /** Columns and rows of the resized picture that lie outside the canvas. */
  left: number;
  top: number;
  flip: boolean;
}

/** The whole picture on the canvas, as large as it fits: padding is on the right or below. */
export function letterbox(picture: Size, canvas: Size): Placement {
  return {
    ...{ picture, canvas },
    scaled: scaledToFit(picture, canvas),
    ...{ left: 0, top: 0, flip: false },
  };
}

/** The picture's size when it is resized to `factor` times what just fits the canvas. */
export function scaledToFit(picture: Size, canvas: Size, factor = 1): Size {
  const scale = factor * min(canvas.width / picture.width, canvas.height / picture.height);
  return {
    width: max(1, round(picture.width * scale)),
    height: max(1, round(picture.height * scale)),
  };
}

/** Size of the part of the canvas that shows the picture. */
export function shownSize({ scaled, canvas, left, top }: Placement): Size {
  return {
    width: min(scaled.width - left, canvas.width),
    height: min(scaled.height - top, canvas.height),
  };
}

/** A box of the picture, in pixels of the canvas. Parts that are cut off lie outside `shownSize`. */
export function toCanvas([x1, y1, x2, y2]: Xyxy, placement: Placement): Xyxy {
  const { picture, scaled, left, top, flip } = placement;
  const x = (value: number) => (value * scaled.width) / picture.width - left;
  const y = (value: number) => (value * scaled.height) / picture.height - top;
  if (!flip) return [x(x1), y(y1), x(x2), y(y2)];
  const { width } = shownSize(placement);
  return [width - x(x2), y(y1), width - x(x1), y(y2)];
}

/** A box of the canvas, in pixels of the picture: undoes `toCanvas`. */
export function toPicture([x1, y1, x2, y2]: Xyxy, placement: Placement): Xyxy {
  const { picture, scaled, left, top, flip } = placement;
  const x = (value: number) => ((value + left) * picture.width) / scaled.width;
  const y = (value: number) => ((value + top) * picture.height) / scaled.height;
  if (!flip) return [x(x1), y(y1), x(x2), y(y2)];
  const { width } = shownSize(placement);
  return [x(width - x2), y(y1), x(width - x1), y(y2)];
}

/**
 * Draws the picture on its canvas. Padding is 0, the mean colour.
 * @param target [3, height, width] of the canvas
 * @throws RangeError when the picture is not of the size that the placement is for
 */
export function renderCanvas(
  image: RgbImage,
  placement: Placement,
  normalisation: Normalisation,
  target: Float32Array,
): void {
  const { picture, canvas, scaled, left, top, flip } = placement;
  if (image.width !== picture.width || image.height !== picture.height) {
    throw new RangeError(
      `The placement is for ${picture.width} x ${picture.height} pixels, ` +
        `and the picture has ${image.width} x ${image.height}.`,
    );
  }
  const part = { left, top, ...shownSize(placement) };
  const shown = resizeBicubic(image, scaled.width, scaled.height, part);
  target.fill(0);
  normalise(flip ? mirror(shown) : shown, normalisation, target, canvas);
}
