import type { Box, Size } from './contract.js';
import type { Point } from './viewport.js';

/** The box between two corners, inside the picture, in whole pixels. */
export function boxBetween(a: Point, b: Point, { width, height }: Size): Box {
  const x = [a.x, b.x].map((value) => within(Math.round(value), width)).sort((p, q) => p - q);
  const y = [a.y, b.y].map((value) => within(Math.round(value), height)).sort((p, q) => p - q);
  return { xmin: x[0], ymin: y[0], xmax: x[1], ymax: y[1] };
}

/** The box moved by so many pixels, as far as the picture goes. */
export function moved({ xmin, ymin, xmax, ymax }: Box, dx: number, dy: number, picture: Size): Box {
  const x = Math.max(-xmin, Math.min(dx, picture.width - xmax));
  const y = Math.max(-ymin, Math.min(dy, picture.height - ymax));
  return { xmin: xmin + x, ymin: ymin + y, xmax: xmax + x, ymax: ymax + y };
}

/** Sides of a box that a handle moves: -1 the left or upper one, 1 the right or lower one, 0 neither. */
export interface Handle {
  across: -1 | 0 | 1;
  down: -1 | 0 | 1;
}

/** The eight handles, clockwise from the upper left corner. */
export const handles: readonly Handle[] = [
  { across: -1, down: -1 },
  { across: 0, down: -1 },
  { across: 1, down: -1 },
  { across: 1, down: 0 },
  { across: 1, down: 1 },
  { across: 0, down: 1 },
  { across: -1, down: 1 },
  { across: -1, down: 0 },
];

/** The box with the handle's sides moved; a side stops a pixel before the other, and at the picture's. */
export function resized(
  { xmin, ymin, xmax, ymax }: Box,
  { across, down }: Handle,
  dx: number,
  dy: number,
  picture: Size,
): Box {
  return {
    xmin: across < 0 ? Math.min(within(xmin + dx, picture.width), xmax - 1) : xmin,
    ymin: down < 0 ? Math.min(within(ymin + dy, picture.height), ymax - 1) : ymin,
    xmax: across > 0 ? Math.max(within(xmax + dx, picture.width), xmin + 1) : xmax,
    ymax: down > 0 ? Math.max(within(ymax + dy, picture.height), ymin + 1) : ymax,
  };
}

export const lowerRight = handles[4];

/** Where a handle lies. */
export function handlePoint({ xmin, ymin, xmax, ymax }: Box, { across, down }: Handle): Point {
  return {
    x: across < 0 ? xmin : across > 0 ? xmax : (xmin + xmax) / 2,
    y: down < 0 ? ymin : down > 0 ? ymax : (ymin + ymax) / 2,
  };
}

/** The handle at a point: a corner before a side; sides along their whole length. */
export function handleAt(box: Box, point: Point, reach: number): Handle | undefined {
  const near = (a: number, b: number) => Math.abs(a - b) <= reach;
  const alongX = point.x >= box.xmin - reach && point.x <= box.xmax + reach;
  const alongY = point.y >= box.ymin - reach && point.y <= box.ymax + reach;
  if (!alongX || !alongY) return undefined;
  // Of the two sides of a small box, the nearer one.
  const side = (value: number, low: number, high: number): -1 | 0 | 1 => {
    const nearer = value < (low + high) / 2 ? -1 : 1;
    return near(value, nearer < 0 ? low : high) ? nearer : 0;
  };
  const across = side(point.x, box.xmin, box.xmax);
  const down = side(point.y, box.ymin, box.ymax);
  return across || down ? { across, down } : undefined;
}

export function areaOf({ xmin, ymin, xmax, ymax }: Box): number {
  return (xmax - xmin) * (ymax - ymin);
}

/** The smallest of the boxes at a point: one that lies in another can still be reached. */
export function smallestAt<T extends { box: Box }>(boxes: readonly T[], { x, y }: Point) {
  let best: T | undefined;
  for (const each of boxes) {
    const { xmin, ymin, xmax, ymax } = each.box;
    if (x < xmin || x > xmax || y < ymin || y > ymax) continue;
    if (!best || areaOf(each.box) < areaOf(best.box)) best = each;
  }
  return best;
}

function within(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}

/** Intersection over union. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.xmax, b.xmax) - Math.max(a.xmin, b.xmin);
  const height = Math.min(a.ymax, b.ymax) - Math.max(a.ymin, b.ymin);
  const common = Math.max(0, width) * Math.max(0, height);
  return common / (areaOf(a) + areaOf(b) - common);
}
