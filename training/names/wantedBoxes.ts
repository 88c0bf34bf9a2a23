import { boxArea, boxIou, clipBox, intersectionArea, type Xyxy } from '../../src/geometry/boxes.js';
import type { Random } from '../../src/random.js';

const { exp, max } = Math;

/** How far another view of a box is moved, by its sides, and how much its sides are scaled: e^±scale. */
const farthest = 0.1;
const mostScaled = 0.2;

/** A box is background while it overlaps none less than that, and no more of it is inside of one. */
const mostOverlap = 0.2;
const mostInside = 0.3;

/** The share of a picture from which on a box fills it. */
const filled = 0.95;

/** A part of a picture to look at. */
export interface View {
  /** In pixels of the picture. */
  box: Xyxy;
  mirrored: boolean;
}

/** A box as it is, then moved, scaled and mirrored a little at random. @param count views altogether. */
export function viewsOf(
  box: Xyxy,
  count: number,
  { width, height }: { width: number; height: number },
  random: Random,
): View[] {
  const [x1, y1, x2, y2] = box;
  const within = (most: number) => most * (2 * random.uniform() - 1);
  const others = Array.from({ length: count - 1 }, (): View => {
    const scale = exp(within(mostScaled)) / 2;
    const x = (x1 + x2) / 2 + within(farthest) * (x2 - x1);
    const y = (y1 + y2) / 2 + within(farthest) * (y2 - y1);
    const [right, below] = [scale * (x2 - x1), scale * (y2 - y1)];
    const moved = clipBox([x - right, y - below, x + right, y + below], width, height);
    return { box: moved, mirrored: random.uniform() < 0.5 };
  });
  return [{ box, mirrored: false }, ...others];
}

/** Whether anything is left of a picture beside what is `taken`: of one that a single box fills it is not. */
export function hasBackground(
  { width, height }: { width: number; height: number },
  taken: readonly Xyxy[],
): boolean {
  return taken.every((box) => boxArea(box) < filled * width * height);
}

/** The first boxes, at most `count`, that show nothing of those that are `taken`. */
export function backgroundOf(
  boxes: readonly Xyxy[],
  taken: readonly Xyxy[],
  count: number,
): Xyxy[] {
  const shows = (box: Xyxy, other: Xyxy) =>
    boxIou(box, other) > mostOverlap ||
    intersectionArea(box, other) > mostInside * max(boxArea(box), 1);
  return boxes.filter((box) => !taken.some((other) => shows(box, other))).slice(0, count);
}
