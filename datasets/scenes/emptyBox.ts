import type { Random } from '../../src/random.js';
import { boxArea } from '../finehard.js';
import type { PixelBox } from './composition.js';
import type { Scene } from './drawScene.js';

const tries = 30;

/** Sides of the box, as shares of the picture's. */
const [shortest, longest] = [0.15, 0.45];

/** The largest share of the box that any object's box may cover. */
const mostCovered = 0.1;

/** A box in which a scene shows next to nothing of its objects: the first of several random ones. */
export function findEmptyBox({ image, objects }: Scene, random: Random): PixelBox | undefined {
  const side = () => shortest + (longest - shortest) * random.uniform();
  for (let i = 0; i < tries; i++) {
    const width = Math.round(side() * image.width);
    const height = Math.round(side() * image.height);
    const left = random.integer(image.width - width + 1);
    const top = random.integer(image.height - height + 1);
    const box: PixelBox = [left, top, left + width, top + height];
    const limit = mostCovered * width * height;
    if (objects.every((object) => boxArea(intersection(box, object.box)) <= limit)) return box;
  }
  return undefined;
}

function intersection(a: PixelBox, b: PixelBox): PixelBox {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
}
