import { articleFor } from '../../src/text/article.js';
import { type AttributeLexicon, entryKey } from './attributeLexicon.js';
import { findAttributes, type Unit } from './findAttributes.js';
import type { Term } from './taggedText.js';

/** Rewrites that pass, and why the others do not. */
export interface CheckedRewrites {
  passed: string[];
  /** How many were refused, by the reason. */
  refused: Record<string, number>;
}

/** A description, taken apart for checks: its words, or words of one attribute together. */
interface Part extends Unit {
  terms: readonly Term[];
}

/**
 * Passes rewrites that say the same of the same thing in the same form with other attributes: nothing but
 * attributes is changed, and each to one of its kind that is not true where the first is; articles and
 * numbers agree; and no two are the same.
 */
export function checkRewrites(
  text: string,
  rewrites: readonly string[],
  lexicon: AttributeLexicon,
): CheckedRewrites {
  const passed: string[] = [];
  const refused: Record<string, number> = {};
  const seen = new Set<string>();
  const original = partsOf(text, lexicon);
  for (const rewrite of rewrites) {
    const key = entryKey(rewrite).replace(/[.!]$/, '');
    const reason = seen.has(key) ? 'it is there twice' : problemOf(original, rewrite, lexicon);
    seen.add(key);
    if (reason === undefined) passed.push(rewrite);
    else refused[reason] = (refused[reason] ?? 0) + 1;
  }
  return { passed, refused };
}

function partsOf(text: string, lexicon: AttributeLexicon): Part[] {
  const { terms, units } = findAttributes(text, lexicon);
  return units.map((unit) => ({ ...unit, terms: terms.slice(unit.start, unit.end) }));
}

function problemOf(
  original: readonly Part[],
  rewrite: string,
  lexicon: AttributeLexicon,
): string | undefined {
  const parts = partsOf(rewrite, lexicon);
  if (parts.length !== original.length) return 'the sentence has another form';
  let changed = 0;
  for (const [i, part] of parts.entries()) {
    const before = original[i];
    if (entryKey(part.words) === entryKey(before.words)) continue;
    if (isArticle(part) && isArticle(before)) continue;
    changed++;
    const problem = swapProblem(before, part, lexicon);
    if (problem) return problem;
  }
  if (changed === 0) return 'nothing is changed';
  return wrongArticle(original, parts) ? 'an article does not agree' : undefined;
}

function isArticle({ words }: Part): boolean {
  return /^an?$/i.test(words);
}

function swapProblem(
  before: Part,
  after: Part,
  { attributes, agree }: AttributeLexicon,
): string | undefined {
  if (before.isName) return 'the thing has another name';
  const [from, to] = [before, after].map(({ words }) => attributes.get(entryKey(words)));
  if (isOne(before) !== isOne(after) && (isNumber(before) || isNumber(after))) {
    return 'a number does not agree';
  }
  if (from && to) {
    if (agree(before.words, after.words)) return 'a synonym of the original';
    const kinds = new Set(from.map(({ kind }) => kind));
    return to.some(({ kind }) => kinds.has(kind)) ? undefined : 'an attribute of another kind';
  }
  // Words that the lexicon lacks are judged by where they stand and what the tagger takes them for.
  const placed = before.isBeforeName && after.isBeforeName;
  if (placed && before.attributes.length > 0) return undefined;
  const same = describing.some(
    (tag) => before.terms.some(has(tag)) && (to !== undefined || after.terms.some(has(tag))),
  );
  return same ? undefined : 'another word than an attribute is changed';
}

const describing = ['Adjective', 'Gerund', 'PastTense', 'Value', 'Preposition'];

const has =
  (tag: string) =>
  ({ tags }: Term) =>
    tags.has(tag);

function isNumber({ terms }: Part): boolean {
  return terms.some(has('Value'));
}

function isOne({ words }: Part): boolean {
  return /^(one|1|an?|single)$/i.test(words);
}

/** Whether "a" and "an" stand wrong before a word that was changed. */
function wrongArticle(original: readonly Part[], parts: readonly Part[]): boolean {
  return parts.some((part, i) => {
    const next = parts[i + 1];
    if (!next || !isArticle(part)) return false;
    // What the original says is right, whatever it is.
    if (part.words === original[i].words && next.words === original[i + 1].words) return false;
    return part.words.toLowerCase() !== articleFor(next.words);
  });
}
