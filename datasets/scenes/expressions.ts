import type { Random } from '../../src/random.js';
import { articleFor } from '../../src/text/article.js';
import {
  type AttributeKind,
  type Attributes,
  attributeKinds,
  attributeValues,
  isHeldOut,
  novelKinds,
  pickWeighted,
} from './attributes.js';
import type { Thing } from './catalogue.js';

/**
 * The way a sentence is built, apart from the attributes it names: the same form with other attributes
 * gives a sentence of the same shape.
 */
export interface SentenceForm {
  /** "a red cat" or "red cat". */
  article: boolean;
  /** Where each kind is named: before the noun, after it ("with stripes"), or in "that is ...". */
  places: Record<AttributeKind, 'before' | 'after' | 'clause'>;
  /** Which of a value's words is used; taken modulo their number. */
  words: Record<AttributeKind, number>;
}

/** The words for a value before the noun and in a clause, and after the noun. */
interface Wording {
  before: readonly string[];
  after: readonly string[];
}

const fixedWordings: Record<string, Wording> = {
  striped: { before: ['striped', 'stripy'], after: ['with stripes', 'covered in stripes'] },
  spotted: { before: ['spotted', 'dotted'], after: ['with spots', 'covered in dots'] },
  checkered: { before: ['checkered', 'checked'], after: ['with checks', 'covered in checks'] },
  small: { before: ['small', 'tiny', 'little'], after: [] },
  large: { before: ['large', 'huge', 'big'], after: [] },
  'upside down': { before: ['upside-down'], after: ['upside down', 'turned upside down'] },
  'on its side': { before: ['sideways'], after: ['lying on {its} side', 'turned on {its} side'] },
  'tilted left': { before: ['left-tilted'], after: ['tilted to the left', 'leaning to the left'] },
  'tilted right': {
    before: ['right-tilted'],
    after: ['tilted to the right', 'leaning to the right'],
  },
};

function wordingOf(kind: AttributeKind, value: string): Wording {
  if (kind === 'colour') return { before: [value], after: [] };
  if (kind !== 'outline') return fixedWordings[value];
  return {
    before: [`${value}-outlined`],
    after: [`with a thick ${value} outline`, `outlined in ${value}`, `with a ${value} outline`],
  };
}

/** A random form. */
export function drawForm(random: Random): SentenceForm {
  const clause = random.uniform() < 0.12;
  const place = (after: number) =>
    clause ? ('clause' as const) : random.uniform() < after ? ('after' as const) : 'before';
  return {
    article: random.uniform() < 0.8,
    places: {
      colour: place(0),
      pattern: place(0.25),
      outline: random.uniform() < 0.9 ? 'after' : 'before',
      orientation: random.uniform() < 0.75 ? 'after' : 'before',
      size: 'before',
    },
    words: {
      colour: 0,
      pattern: random.uniform() < 0.75 ? 0 : 1,
      outline: random.integer(3),
      orientation: random.integer(2),
      size: pickWeighted([0, 1, 2], (word) => [3, 1, 1][word], random),
    },
  };
}

/** The form with every attribute in its most usual place. */
export const plainForm: SentenceForm = {
  article: true,
  places: {
    colour: 'before',
    pattern: 'before',
    outline: 'after',
    orientation: 'after',
    size: 'before',
  },
  words: { colour: 0, pattern: 0, outline: 0, orientation: 0, size: 0 },
};

/** Kinds in the order in which English names them before a noun. */
const order: readonly AttributeKind[] = ['size', 'orientation', 'outline', 'pattern', 'colour'];
const orderAfter: readonly AttributeKind[] = ['pattern', 'outline', 'orientation'];

/** A description such as "a small red striped cat lying on its side". */
export function express(thing: Thing, attributes: Attributes, form: SentenceForm): string {
  const plural = thing.verb === 'are';
  const word = (kind: AttributeKind, where: 'before' | 'after') => {
    const options = wordingOf(kind, attributes[kind]!)[where];
    return options[form.words[kind] % options.length].replace('{its}', plural ? 'their' : 'its');
  };
  const named = (kinds: readonly AttributeKind[], where: string) =>
    kinds.filter((kind) => attributes[kind] !== undefined && form.places[kind] === where);

  const before = named(order, 'before').map((kind) => word(kind, 'before'));
  const clause = named(['colour', 'pattern'], 'clause').map((kind) => word(kind, 'before'));
  const after = named(orderAfter, 'after').map((kind) => word(kind, 'after'));
  const noun = [...before, thing.name].join(' ');
  const that = clause.length > 0 ? [`that ${plural ? 'are' : 'is'} ${clause.join(' and ')}`] : [];
  const described = [form.article ? withArticle(thing, noun) : noun, ...that].join(' ');
  if (after.length === 0) return described;
  return `${described}${that.length > 0 ? ',' : ''} ${joinModifiers(after)}`;
}

/** "with stripes and a black outline", "with stripes, outlined in black". */
function joinModifiers(modifiers: readonly string[]): string {
  return modifiers.reduce((text, modifier) =>
    text.startsWith('with') && modifier.startsWith('with ')
      ? `${text} and ${modifier.slice('with '.length)}`
      : `${text}, ${modifier}`,
  );
}

function withArticle(thing: Thing, noun: string): string {
  if (thing.article === 'some') return `some ${noun}`;
  if (noun === thing.name) return `${thing.article} ${noun}`;
  return `${articleFor(noun)} ${noun}`;
}

/** A count of things: "three cats"; only for things that can be counted. */
export function expressCount(thing: Thing, count: number): string {
  return `${numberWord(count)} ${thing.plural}`;
}

/** Small numbers as words. */
export function numberWord(count: number): string {
  const words = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');
  return words[count] ?? String(count);
}

/** The attributes that a short expression names: the colour, held-out ones, and some of the others. */
export function shortAttributes(thing: Thing, attributes: Attributes, random: Random): Attributes {
  const novel = novelKinds(thing, attributes);
  const kinds = attributeKinds.filter((kind) => attributes[kind] !== undefined);
  const kept = kinds.filter(
    (kind) => kind === 'colour' || novel.includes(kind) || random.uniform() < 0.6,
  );
  const short = only(attributes, kept.length > 0 ? kept : kinds);
  // Whatever has too few others to be confused with is named in full.
  return otherCount(thing, short, true) >= negativeCount ? short : attributes;
}

function only(attributes: Attributes, kinds: readonly AttributeKind[]): Attributes {
  return Object.fromEntries(kinds.map((kind) => [kind, attributes[kind]]));
}

/** Number of wrong descriptions of a region. */
export const negativeCount = 10;

function otherValues(thing: Thing, kind: AttributeKind, value: string, allowHeldOut: boolean) {
  return attributeValues[kind].filter(
    (other) => other !== value && (allowHeldOut || !isHeldOut(thing, kind, other)),
  );
}

/** How many descriptions differ from `named` in the value of one or more kinds. */
function otherCount(thing: Thing, named: Attributes, allowHeldOut: boolean): number {
  let product = 1;
  for (const kind of attributeKinds) {
    const value = named[kind];
    if (value !== undefined) product *= 1 + otherValues(thing, kind, value, allowHeldOut).length;
  }
  return product - 1;
}

/**
 * Ten different descriptions of the same form and noun, each with one to three attributes swapped for
 * others of their kind, so that none is true of the object. Null where there are not that many.
 * @param allowHeldOut whether held-out combinations may be named, as they may not in training.
 */
export function drawNegatives(
  thing: Thing,
  named: Attributes,
  form: SentenceForm,
  allowHeldOut: boolean,
  random: Random,
): string[] | null {
  if (otherCount(thing, named, allowHeldOut) < negativeCount) return null;
  const kinds = attributeKinds.filter((kind) => named[kind] !== undefined);
  const negatives = new Set<string>();
  while (negatives.size < negativeCount) {
    const most = Math.min(3, kinds.length);
    const counts = Array.from({ length: most }, (_, i) => i + 1);
    const swaps = pickWeighted(counts, (count) => [6, 3, 1][count - 1], random);
    const swapped = { ...named };
    for (const kind of random.shuffle(kinds).slice(0, swaps)) {
      swapped[kind] = random.pick(otherValues(thing, kind, named[kind]!, allowHeldOut));
    }
    negatives.add(express(thing, swapped, form));
  }
  return [...negatives];
}
