import {
  letterbox,
  type Placement,
  scaledToFit,
  shownSize,
  toCanvas,
} from '../../detectors/letterbox.js';
import type { Size } from '../../detectors/scales.js';
import { boxArea, clipBox, type Xyxy } from '../../src/geometry/boxes.js';
import { type PatchLimit, patchGrid, scaledLimit } from '../../src/images/naflex.js';
import type { Random } from '../../src/random.js';

/** How pictures are changed each time they are shown. */
export interface Augmentation {
  /** Bounds of a picture's size, in multiples of the size that just fits the canvas. */
  jitter: { lowest: number; highest: number };
  /** Mirrors half of the pictures. */
  flip: boolean;
}

/** A box that a canvas shows. */
export interface CanvasBox {
  /** In pixels of the canvas, clipped to what it shows of the picture. */
  box: Xyxy;
  /** Whether it is neither an object to be found nor free ground: a crowd, or a small rest of an object. */
  ignore: boolean;
}

/** Boxes of which less is visible are left out, in pixels of the canvas: they show nothing. */
const smallestSide = 2;

/**
 * Draws how a picture is shown: large-scale jitter (Ghiasi et al. 2021, "Simple Copy-Paste", section 3).
 * Its size is uniform between the bounds; of a picture that is larger than the canvas a random part is
 * shown, a smaller one lies in the top left corner, where `letterbox` puts it too.
 * @param scaledTo the picture's size at a factor. Default: in whole pixels.
 */
export function drawPlacement(
  picture: Size,
  canvas: Size,
  { jitter: { lowest, highest }, flip }: Augmentation,
  random: Random,
  scaledTo = (factor: number): Size => scaledToFit(picture, canvas, factor),
): Placement {
  const factor = lowest + (highest - lowest) * random.uniform();
  const scaled = scaledTo(factor);
  const cut = (size: number, room: number) => random.integer(Math.max(0, size - room) + 1);
  return {
    ...letterbox(picture, canvas),
    scaled,
    left: cut(scaled.width, canvas.width),
    top: cut(scaled.height, canvas.height),
    flip: random.uniform() < 0.5 && flip,
  };
}

/**
 * The same for a model that sees pictures in their own aspect ratio, in whole patches and without padding: the
 * canvas is what the picture becomes at its limit of patches.
 */
export function drawPatchPlacement(
  picture: Size,
  { patchSize, limit }: { patchSize: number; limit: PatchLimit },
  augmentation: Augmentation,
  random: Random,
): Placement {
  const scaledTo = (factor: number) => {
    const most = scaledLimit(picture, patchSize, limit, factor);
    const { rows, columns } = patchGrid(picture, patchSize, most);
    return { width: columns * patchSize, height: rows * patchSize };
  };
  return drawPlacement(picture, scaledTo(1), augmentation, random, scaledTo);
}

/**
 * The boxes of a picture as its canvas shows them, in the given order, without those of which nothing
 * that could be seen is left.
 * @param keepsBoxes a box of which less than this share of the area is left is to be ignored
 */
export function placeBoxes(
  boxes: readonly { box: Xyxy; crowd: boolean }[],
  placement: Placement,
  keepsBoxes: number,
): CanvasBox[] {
  const shown = shownSize(placement);
  return boxes.flatMap(({ box, crowd }) => {
    const whole = toCanvas(box, placement);
    const left = clipBox(whole, shown.width, shown.height);
    if (left[2] - left[0] < smallestSide || left[3] - left[1] < smallestSide) return [];
    return [{ box: left, ignore: crowd || boxArea(left) < keepsBoxes * boxArea(whole) }];
  });
}
