import { type AttributeKind, attributeValues, isHeldOut } from './attributes.js';
import { things } from './catalogue.js';
import { express, plainForm } from './expressions.js';

/** The kinds of attributes of which training leaves combinations out. */
const kinds = ['colour', 'pattern'] as const satisfies readonly AttributeKind[];

/** A thing with an attribute, as a category: "green cat". */
export interface PairCategory {
  id: number;
  name: string;
  /** Rare, in LVIS's terms, where training never shows or names it; else frequent. */
  frequency: 'r' | 'f';
}

const pairs = things.flatMap((thing, i) =>
  kinds.flatMap((kind) =>
    attributeValues[kind].map((value) => ({
      key: `${i + 1}/${value}`,
      name: express(thing, { [kind]: value }, { ...plainForm, article: false }),
      frequency: isHeldOut(thing, kind, value) ? ('r' as const) : ('f' as const),
    })),
  ),
);

/** Every thing in every colour and pattern; the numbers are those of COCO files. */
export const pairCategories: readonly PairCategory[] = pairs.map(({ key, ...pair }, i) => ({
  id: i + 1,
  ...pair,
}));

const idOfPair = new Map(pairs.map(({ key }, i) => [key, i + 1]));

/** Numbers of the categories that an object belongs to: its thing with its colour, and with its pattern. */
export function pairsOf(object: {
  category_id: number;
  attributes: Partial<Record<AttributeKind, string>>;
}): number[] {
  return kinds.flatMap((kind) => {
    const value = object.attributes[kind];
    return value === undefined ? [] : [idOfPair.get(`${object.category_id}/${value}`)!];
  });
}
