import { type Attribute, type AttributeLexicon, entryKey } from './attributeLexicon.js';
import {
  isPlainNoun,
  type NounPhrase,
  nounPhrases,
  type Term,
  tagSentences,
} from './taggedText.js';

/** Words of a description that are replaced together, or not at all. */
export interface Unit {
  /** Terms. */
  start: number;
  end: number;
  /** As it is written. */
  words: string;
  /** What it tells, and what may stand instead; empty where it tells nothing that can be replaced. */
  attributes: readonly Attribute[];
  /** Whether it names a thing. */
  isName: boolean;
  /** Whether it stands before the name of what it describes. */
  isBeforeName: boolean;
}

/** A description, taken apart. */
export interface Description {
  terms: readonly Term[];
  units: readonly Unit[];
}

/** The words of a description, and which of them tell attributes. */
export function findAttributes(text: string, lexicon: AttributeLexicon): Description {
  const terms = tagSentences(text).flat();
  const phrases = nounPhrases(terms);
  const units: Unit[] = [];
  for (let i = 0; i < terms.length; ) {
    const unit = unitAt(terms, phrases, i, lexicon);
    units.push(unit);
    i = unit.end;
  }
  return { terms, units };
}

function unitAt(
  terms: readonly Term[],
  phrases: readonly NounPhrase[],
  start: number,
  lexicon: AttributeLexicon,
): Unit {
  const unit = (end: number, attributes: readonly Attribute[], isName: boolean): Unit => {
    const phrase = phraseAround(phrases, start, end);
    const isBeforeName = phrase !== undefined && end <= phrase.head;
    const words = writtenWords(terms, start, end);
    return { start, end, words, attributes, isName, isBeforeName };
  };
  for (let length = lexicon.longest; length > 0; length--) {
    const end = start + length;
    if (end > terms.length || terms.slice(start, end - 1).some(({ ends }) => ends)) continue;
    const key = entryKey(writtenWords(terms, start, end));
    if (lexicon.names.has(key)) return unit(end, [], true);
    const known = lexicon.attributes.get(key);
    if (!known) continue;
    const fitting = known.filter((one) => fits(one, terms, phrases, start, end, lexicon));
    return unit(end, fitting, fitting.length === 0 && isName(phrases, start, end));
  }
  return unit(start + 1, [], isName(phrases, start, start + 1));
}

function phraseAround(phrases: readonly NounPhrase[], start: number, end: number) {
  return phrases.find((one) => one.start <= start && end <= one.end);
}

function writtenWords(terms: readonly Term[], start: number, end: number): string {
  return terms
    .slice(start, end)
    .map(({ pre, text, post }, i, all) => {
      const before = i === 0 ? '' : pre;
      return before + text + (i === all.length - 1 ? '' : post);
    })
    .join('');
}

function isName(phrases: readonly NounPhrase[], start: number, end: number): boolean {
  return phrases.some(({ head }) => head >= start && head < end);
}

/** Whether words of the lexicon tell the attribute there that they tell elsewhere. */
function fits(
  { kind, place }: Attribute,
  terms: readonly Term[],
  phrases: readonly NounPhrase[],
  start: number,
  end: number,
  lexicon: AttributeLexicon,
): boolean {
  const [before, after] = [terms[start - 1], terms[end]];
  const phrase = phraseAround(phrases, start, end);
  const tells = ({ text }: Term) => lexicon.attributes.has(entryKey(text));
  // In "ice cream cone" the word belongs to the noun before it.
  const compound =
    phrase && start > phrase.start && isPlainNoun(before) && !before.ends && !tells(before);
  const described = phrase && end <= phrase.head && !compound;
  const begins = (i: number) => phrases.some((one) => one.start === i);
  // "curly-haired" and "half-full" are words of their own; "blue-outlined" tells a colour.
  if (kind !== 'colour' && terms[end - 1].post === '-') return false;
  switch (place) {
    case 'before':
      return !!described || isPredicate(terms, phrase, start, end);
    case 'before colour':
      return (
        !!after &&
        !terms[end - 1].ends &&
        !!lexicon.attributes.get(entryKey(after.text))?.some(({ kind }) => kind === 'colour')
      );
    case 'before person':
      return !!described && isPerson(terms[phrase.head]);
    case 'before thing':
      return !!described && !isPerson(terms[phrase.head]);
    case 'after with':
      // The first phrase is the thing itself.
      return (
        !!phrase &&
        phrase.head === end - 1 &&
        !terms[phrase.start].tags.has('Determiner') &&
        /^(with|in)$/i.test(terms[phrase.start - 1]?.text ?? '')
      );
    case 'after the':
      return /^(the|top|bottom|upper|lower|far)$/i.test(before?.text ?? '');
    case 'relation':
      return (
        begins(end) &&
        start > 0 &&
        !before.tags.has('Determiner') &&
        !before.tags.has('Preposition')
      );
    case 'posture':
      return (
        isDone(terms, start) &&
        !begins(end) &&
        !/^(on|in)\s(its|their)\ssides?\b/.test(rest(terms, end))
      );
    case 'handling':
      return isDone(terms, start) && begins(end);
    case 'anywhere':
      return (
        !isName(phrases, start, end) || entryKey(writtenWords(terms, start, end)).includes(' ')
      );
  }
}

function rest(terms: readonly Term[], start: number): string {
  return terms
    .slice(start, start + 3)
    .map(({ text }) => text.toLowerCase())
    .join(' ');
}

/** What a thing is said to be: "that is red and spotted", "outlined in red". */
function isPredicate(
  terms: readonly Term[],
  phrase: NounPhrase | undefined,
  start: number,
  end: number,
): boolean {
  if (phrase && (phrase.start !== start || phrase.end !== end)) return false;
  if (terms[start - 1]?.text.toLowerCase() === 'in') return !!phrase;
  for (let i = start - 1; i >= 0; i--) {
    if (terms[i].tags.has('Copula')) return true;
    const between = terms[i].tags.has('Adjective') || terms[i].tags.has('PastTense');
    if (!between && !/^(and|or)$/i.test(terms[i].text)) return false;
  }
  return false;
}

function isDone(terms: readonly Term[], start: number): boolean {
  return terms[start].tags.has('Gerund') || /^(seated|perched)$/i.test(terms[start].text);
}

const people =
  /^(man|woman|boy|girl|child|person|lady|gentleman|baby|kid|toddler|guy|people|men|women|children|kids|boys|girls|player|couple)$/i;

function isPerson({ text, tags }: Term): boolean {
  return people.test(text) || tags.has('Actor') || tags.has('Person');
}
