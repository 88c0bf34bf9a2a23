import { createRandom, type Random } from '../../src/random.js';
import { palette, type Thing, things } from './catalogue.js';

/** The kinds of attributes a drawing can have, each with the values it can take. */
export const attributeValues = {
  colour: Object.keys(palette.colours),
  pattern: ['striped', 'spotted', 'checkered'],
  outline: Object.keys(palette.outlines),
  orientation: ['upside down', 'on its side', 'tilted left', 'tilted right'],
  size: ['small', 'large'],
} as const satisfies Record<string, readonly string[]>;

export type AttributeKind = keyof typeof attributeValues;

export const attributeKinds = Object.keys(attributeValues) as AttributeKind[];

/** The attributes of one object; a kind that is absent has no name (the natural colour, upright, ...). */
export type Attributes = Partial<Record<AttributeKind, string>>;

/** A combination that training never shows or names. */
export interface HeldOutPair {
  thing: string;
  kind: 'colour' | 'pattern';
  value: string;
}

/**
 * The combinations held out of training: one colour of every thing (of twelve), and one pattern (of
 * three) of three things in ten. They depend on the names alone, so every data set has the same.
 */
export const heldOutPairs: readonly HeldOutPair[] = things.flatMap((thing) => {
  const random = createRandom('held-out pairs').fork(thing.name);
  const value = random.pick(attributeValues.colour);
  const colour: HeldOutPair = { thing: thing.name, kind: 'colour', value };
  if (random.uniform() >= 0.3) return [colour];
  return [
    colour,
    { thing: thing.name, kind: 'pattern', value: random.pick(attributeValues.pattern) },
  ];
});

const heldOut = new Set(heldOutPairs.map((pair) => `${pair.thing}/${pair.kind}/${pair.value}`));

/** Whether training must not show `thing` with this attribute. */
export function isHeldOut(thing: Thing, kind: AttributeKind, value: string): boolean {
  return heldOut.has(`${thing.name}/${kind}/${value}`);
}

/** The kinds whose value makes a held-out combination with the thing. */
export function novelKinds(thing: Thing, attributes: Attributes): AttributeKind[] {
  return attributeKinds.filter((kind) => {
    const value = attributes[kind];
    return value !== undefined && isHeldOut(thing, kind, value);
  });
}

/** What decides which attributes an object may get. */
export interface AttributeLimits {
  /** Fewest and most attributes. */
  count: readonly [number, number];
  /** The object's larger side in pixels: nobody sees a pattern on a very small one. */
  extent: number;
  /** The size's name where it has one. */
  size?: string;
  /** Whether the held-out combinations may occur. */
  allowHeldOut: boolean;
}

/** Below these extents in pixels a pattern, or an outline, cannot be seen. */
export const smallestPatterned = 26;
export const smallestOutlined = 20;

const weights: Record<AttributeKind, number> = {
  colour: 5,
  pattern: 2,
  outline: 1.5,
  orientation: 1.5,
  size: 1.5,
};

/** Share of the objects of held-out splits that get a held-out combination. */
const novelShare = 0.35;

/** Attributes for an object, drawn at random within its limits. */
export function drawAttributes(thing: Thing, limits: AttributeLimits, random: Random): Attributes {
  const { extent, size } = limits;
  const possible = attributeKinds.filter(
    (kind) =>
      (kind !== 'pattern' || extent >= smallestPatterned) &&
      (kind !== 'outline' || extent >= smallestOutlined) &&
      (kind !== 'orientation' || thing.turns) &&
      (kind !== 'size' || size !== undefined),
  );
  const [least, most] = limits.count;
  const count = Math.min(drawCount(least, most, random), possible.length);
  const attributes: Attributes = {};
  if (limits.allowHeldOut && count > 0 && random.uniform() < novelShare) {
    const pairs = heldOutPairs.filter(
      (pair) => pair.thing === thing.name && possible.includes(pair.kind),
    );
    const pair = random.pick(pairs);
    attributes[pair.kind] = pair.value;
  }
  while (Object.keys(attributes).length < count) {
    const kind = pickWeighted(
      possible.filter((candidate) => !(candidate in attributes)),
      // A lone attribute is mostly a colour: only colours have ten other values to be confused with.
      (candidate) => weights[candidate] * (count === 1 && candidate === 'colour' ? 3 : 1),
      random,
    );
    const values = attributeValues[kind].filter(
      (value) => limits.allowHeldOut || !isHeldOut(thing, kind, value),
    );
    attributes[kind] = kind === 'size' ? size : random.pick(values);
  }
  return attributes;
}

/** 0, 1, 2 or 3 in the shares 10 : 6 : 3 : 1, among those allowed: most things are as they usually are. */
function drawCount(least: number, most: number, random: Random): number {
  const counts = [0, 1, 2, 3].filter((count) => count >= least && count <= most);
  return pickWeighted(counts, (count) => [10, 6, 3, 1][count], random);
}

/** One of `items`, each with a chance proportional to its weight. */
export function pickWeighted<T>(
  items: readonly T[],
  weight: (item: T) => number,
  random: Random,
): T {
  let left = random.uniform() * items.reduce((sum, item) => sum + weight(item), 0);
  for (const item of items) {
    left -= weight(item);
    if (left < 0) return item;
  }
  return items[items.length - 1];
}
