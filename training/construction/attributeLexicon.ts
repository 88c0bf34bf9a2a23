import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from '../../src/files/jsonFile.js';
import { packageRoot } from '../../src/files/packageRoot.js';

/**
 * Where words of a set tell an attribute: before the name of what they describe (or after "is"); before a
 * word of the kind colour; before a person's or a thing's name; after "with"; after "the"; between two
 * things; as what somebody does, alone or with a thing; or wherever they stand.
 */
const placeSchema = z.enum([
  ...['before', 'before colour', 'before person', 'before thing', 'after with', 'after the'],
  ...['relation', 'posture', 'handling', 'anywhere'],
] as const);

export type AttributePlace = z.infer<typeof placeSchema>;

const lexiconSchema = z.strictObject({
  sets: z.array(
    z.strictObject({
      kind: z.string().min(1),
      place: placeSchema,
      groups: z.array(z.array(z.string().min(1)).min(1)).min(2),
    }),
  ),
  names: z.array(z.string().min(1)),
});

/** A word or two that tell an attribute, in one set of words that exclude one another. */
export interface Attribute {
  /** "colour" */
  kind: string;
  place: AttributePlace;
  /** What may be written instead: nothing that can be true where this is. */
  others: readonly string[];
  /** Whether it is replaced; some words are only written. */
  replaced: boolean;
}

/** Words for attributes of things, by what they exclude. */
export interface AttributeLexicon {
  /** By the words in lower case, with single spaces; hyphens as spaces. */
  attributes: ReadonlyMap<string, readonly Attribute[]>;
  /** Names that contain such words, which mean no attribute there: "golden retriever". */
  names: ReadonlySet<string>;
  /** The most words that an entry has. */
  longest: number;
  /** Whether two attributes can be true of the same thing, as synonyms. */
  agree(a: string, b: string): boolean;
}

/** The words of an entry, as the lexicon looks them up. */
export function entryKey(words: string): string {
  return words
    .toLowerCase()
    .replaceAll(/[\s-]+/g, ' ')
    .trim();
}

/**
 * Reads a lexicon of attributes: sets of words, in groups that mean the same or can be true together. "~" before a
 * word says that it is understood and never written, "+" that it is written and never replaced.
 * @param file default: the one that ships with fgdet
 * @throws UserError naming the file and every bad field
 */
export function readAttributeLexicon(
  file = join(packageRoot, 'configs/construction/attributes.json'),
): AttributeLexicon {
  const { sets, names } = readJsonFile(file, lexiconSchema, 'a lexicon of attributes');
  const attributes = new Map<string, Attribute[]>();
  const together = new Map<string, Set<string>>();
  for (const { kind, place, groups } of sets) {
    const entries = groups.map((group) => group.map(parseEntry));
    const all = merged(entries.flat());
    for (const { word, replaced } of all) {
      const own = entries.filter((group) => group.some((entry) => entry.word === word)).flat();
      const close = new Set(own.map((entry) => entry.word));
      const others = all.filter((entry) => entry.written && !close.has(entry.word));
      const key = entryKey(word);
      const attribute = { kind, place, others: others.map((entry) => entry.word), replaced };
      attributes.set(key, [...(attributes.get(key) ?? []), attribute]);
      together.set(key, new Set([...(together.get(key) ?? []), ...[...close].map(entryKey)]));
    }
  }
  return {
    attributes,
    names: new Set(names.map(entryKey)),
    longest: Math.max(...[...attributes.keys()].map((key) => key.split(' ').length)),
    agree: (a, b) => together.get(entryKey(a))?.has(entryKey(b)) ?? false,
  };
}

function parseEntry(text: string): { word: string; written: boolean; replaced: boolean } {
  const word = text.replace(/^[~+]/, '');
  return { word, written: !text.startsWith('~'), replaced: !text.startsWith('+') };
}

/** Each word once: written where any group writes it. */
function merged(entries: readonly ReturnType<typeof parseEntry>[]) {
  const words = new Map<string, ReturnType<typeof parseEntry>>();
  for (const { word, written, replaced } of entries) {
    const known = words.get(word) ?? { word, written: false, replaced: false };
    words.set(word, {
      word,
      written: known.written || written,
      replaced: known.replaced || replaced,
    });
  }
  return [...words.values()];
}
