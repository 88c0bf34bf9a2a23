import type { PixelBox } from './composition.js';
import type { SceneObject } from './drawScene.js';

interface Size {
  width: number;
  height: number;
}

function centre([xmin, ymin, xmax, ymax]: PixelBox): [number, number] {
  return [(xmin + xmax) / 2, (ymin + ymax) / 2];
}

/** Where a box lies in its picture, by thirds: "at the top left", "in the centre", "on the right". */
export function describePosition(box: PixelBox, { width, height }: Size): string {
  const [x, y] = centre(box);
  const column = Math.min(2, Math.floor((3 * x) / width));
  const row = Math.min(2, Math.floor((3 * y) / height));
  if (row === 1) return ['on the left', 'in the centre', 'on the right'][column];
  return `at the ${['top', '', 'bottom'][row]}${[' left', '', ' right'][column]}`;
}

/** Another object and where the first one is as seen from it. */
export interface Relation {
  words: string;
  other: SceneObject;
}

/** How an object lies to its nearest neighbour; undefined when it is alone. */
export function relationTo(
  object: SceneObject,
  objects: readonly SceneObject[],
): Relation | undefined {
  const [x, y] = centre(object.box);
  let nearest: { other: SceneObject; dx: number; dy: number; distance: number } | undefined;
  for (const other of objects) {
    if (other === object) continue;
    const [otherX, otherY] = centre(other.box);
    const [dx, dy] = [x - otherX, y - otherY];
    const distance = Math.hypot(dx, dy);
    if (!nearest || distance < nearest.distance) nearest = { other, dx, dy, distance };
  }
  if (!nearest) return undefined;
  const { other, dx, dy } = nearest;
  return { words: directionWords(dx, dy), other };
}

/** Slanting directions have no name: they are "next to". */
function directionWords(dx: number, dy: number): string {
  if (Math.abs(dx) > 2 * Math.abs(dy)) return dx < 0 ? 'to the left of' : 'to the right of';
  if (Math.abs(dy) > 2 * Math.abs(dx)) return dy < 0 ? 'above' : 'below';
  return 'next to';
}
