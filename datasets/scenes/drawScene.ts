import type { RgbImage } from '../../src/images/rgbImage.js';
import { createRandom, type Random } from '../../src/random.js';
import {
  type AttributeKind,
  type Attributes,
  drawAttributes,
  novelKinds,
  smallestOutlined,
  smallestPatterned,
} from './attributes.js';
import { drawBackground, drawDistractor } from './background.js';
import type { Thing } from './catalogue.js';
import type { Rgb } from './colours.js';
import { Composition, type PixelBox, visibleAlpha } from './composition.js';
import { type ObjectLook, paintObject } from './paint.js';
import type { Painted } from './painted.js';
import { thingsOf } from './sprites.js';

/** `train` never shows the held-out combinations, nor the unseen style; `seen` and `unseen` show both. */
export type Split = 'train' | 'seen' | 'unseen';

/** What a scene may look like. A scene depends on these, the seed, the split and its number alone. */
export interface SceneOptions {
  seed: number;
  split: Split;
  /** Width and height in pixels. */
  size: readonly [number, number];
  /** Fewest and most objects. A crowded picture may end up with fewer. */
  objects: readonly [number, number];
  /** Smallest and largest extent of an object: pixels, or shares of the picture's shorter side if <= 1. */
  objectSize: readonly [number, number];
  /** Fewest and most attributes an object has. */
  attributes: readonly [number, number];
  /** Names of the drawing styles. */
  styles: readonly string[];
}

/** An object of a finished picture. */
export interface SceneObject {
  thing: Thing;
  style: string;
  attributes: Attributes;
  /** Bounds of its visible pixels. */
  box: PixelBox;
  /** Number of visible pixels. */
  area: number;
  /** Share of the drawing that is not covered or outside. */
  visible: number;
  /** Kinds of attributes that make a held-out combination with the thing. */
  novel: AttributeKind[];
}

/** A finished picture and all that is true of it. */
export interface Scene {
  image: RgbImage;
  objects: SceneObject[];
  /** The background as a caption names it. */
  background: string;
}

/** At least this share of every object can be seen. */
const leastVisible = 0.5;

/** Objects are never shrunk below this extent to make room. */
const smallestExtent = 12;

/** Extents, as shares of the picture's shorter side, up to and from which a size has a name. */
const smallUpTo = 0.22;
const largeFrom = 0.42;

/** The random stream of a scene: what it shows and how it is described. */
export function sceneRandom({ seed, split }: SceneOptions, index: number): Random {
  return createRandom(`scenes/${seed}/${split}/${index}`);
}

/** Draws scene number `index` in memory. */
export async function drawScene(options: SceneOptions, index: number): Promise<Scene> {
  const random = sceneRandom(options, index);
  const looks = planObjects(options, random.fork('objects'));
  const drawings = await Promise.all(looks.map(paintObject));
  const [width, height] = options.size;
  const background = drawBackground(drawings.map(mainColour), random.fork('background'));
  const composition = new Composition(background.draw(width, height));
  const placing = random.fork('places');

  addDistractors(composition, placing.integer(looks.length > 1 ? 5 : 3), 0, placing.fork('below'));
  const placed: ObjectLook[] = [];
  for (let i = 0; i < looks.length; i++) {
    const look = await place(composition, looks[i], drawings[i], placing);
    if (look) placed.push(look);
  }
  addDistractors(composition, placing.integer(3), 0.75, placing.fork('above'));

  const visible = composition.visible();
  const objects = placed.map(
    (look, i): SceneObject => ({
      thing: look.thing,
      style: look.style,
      attributes: look.attributes,
      box: visible[i].box,
      area: visible[i].pixels,
      visible: visible[i].share,
      novel: novelKinds(look.thing, look.attributes),
    }),
  );
  return { image: composition.image(), objects, background: background.description };
}

/** The objects of a scene, the largest first: small ones are laid on top. */
function planObjects(options: SceneOptions, random: Random): ObjectLook[] {
  const { size, split } = options;
  const shorter = Math.min(...size);
  const [least, most] = options.objects;
  const count = least + random.integer(most - least + 1);
  const [smallest, largest] = options.objectSize.map((side) => (side <= 1 ? side * shorter : side));
  // As many objects of this extent would fill the picture; more make a heap.
  const roomy = Math.max(smallest, 1.3 * Math.sqrt((size[0] * size[1]) / count));
  const limit = Math.min(largest, roomy);
  const chosen: Thing[] = [];
  const looks = Array.from({ length: count }, (_, i): ObjectLook => {
    const own = random.fork(i);
    const style = own.pick(options.styles);
    const known = thingsOf(style);
    const again = chosen.filter((thing) => known.includes(thing));
    const thing = again.length > 0 && own.uniform() < 0.12 ? own.pick(again) : own.pick(known);
    chosen.push(thing);
    const extent = smallest * (limit / smallest) ** own.uniform();
    const attributes = drawAttributes(
      thing,
      {
        count: options.attributes,
        extent,
        size: count > 1 ? sizeName(extent, shorter) : undefined,
        allowHeldOut: split !== 'train',
      },
      own,
    );
    return { thing, style, attributes, extent, random: own };
  });
  return looks.sort((a, b) => b.extent - a.extent);
}

function sizeName(extent: number, shorter: number): string | undefined {
  if (extent <= smallUpTo * shorter) return 'small';
  return extent >= largeFrom * shorter ? 'large' : undefined;
}

/** Finds a place for a drawing, shrinking it where the picture is full, and lays it there. */
async function place(
  composition: Composition,
  look: ObjectLook,
  drawing: Painted,
  random: Random,
): Promise<ObjectLook | undefined> {
  const spot = findPlace(composition, drawing, random);
  if (spot) {
    composition.add(drawing, ...spot);
    return look;
  }
  const extent = look.extent * 0.75;
  if (extent < smallestExtent) return undefined;
  const shorter = Math.min(composition.width, composition.height);
  const smaller = { ...look, extent, attributes: stillTrue(look.attributes, extent, shorter) };
  return place(composition, smaller, await paintObject(smaller), random);
}

/** The attributes that an object keeps at a smaller extent. */
function stillTrue(attributes: Attributes, extent: number, shorter: number): Attributes {
  const { size, pattern, outline, ...kept } = attributes;
  return {
    ...kept,
    ...(pattern && extent >= smallestPatterned && { pattern }),
    ...(outline && extent >= smallestOutlined && { outline }),
    ...(size && size === sizeName(extent, shorter) && { size }),
  };
}

/** The least crowded of a few random places, if it leaves everything visible enough. */
function findPlace(
  composition: Composition,
  drawing: Painted,
  random: Random,
): [number, number] | undefined {
  // Some scenes keep their objects apart, others let them overlap.
  const wanted = random.uniform() < 0.7 ? 0.97 : 0.7;
  // Now and then an object is cut off by the rim.
  const overhang = random.uniform() < 0.12 ? 0.25 : 0;
  let best: [number, number] | undefined;
  let bestVisible = leastVisible;
  for (let i = 0; i < 16; i++) {
    const left = randomOffset(composition.width, drawing.width, overhang, random);
    const top = randomOffset(composition.height, drawing.height, overhang, random);
    const visible = composition.leastVisible(drawing, left, top);
    if (visible >= bestVisible) [best, bestVisible] = [[left, top], visible];
    if (bestVisible >= wanted) break;
  }
  return best;
}

function randomOffset(space: number, side: number, overhang: number, random: Random): number {
  const margin = Math.round(overhang * side);
  const [from, to] = [-margin, space - side + margin];
  return to >= from ? from + random.integer(to - from + 1) : Math.round((space - side) / 2);
}

/** Adds shapes, each only where every object stays visible to the given share. */
function addDistractors(
  composition: Composition,
  count: number,
  visible: number,
  random: Random,
): void {
  const side = 0.25 * Math.min(composition.width, composition.height);
  for (let i = 0; i < count; i++) {
    const shape = drawDistractor(side, random.fork(i));
    const left = random.integer(composition.width) - Math.round(shape.width / 2);
    const top = random.integer(composition.height) - Math.round(shape.height / 2);
    if (composition.leastVisible(shape, left, top) >= visible) {
      composition.addScenery(shape, left, top);
    }
  }
}

function mainColour({ data }: Painted): Rgb {
  const sum = [0, 0, 0];
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < visibleAlpha) continue;
    for (let c = 0; c < 3; c++) sum[c] += data[i + c];
    count++;
  }
  const pixels = Math.max(1, count);
  return [sum[0] / pixels, sum[1] / pixels, sum[2] / pixels];
}
