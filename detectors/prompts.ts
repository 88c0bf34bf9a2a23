import pluralize from 'pluralize';
import { UserError } from '../src/errors.js';
import { articleFor } from '../src/text/article.js';
import { isHan } from '../src/text/han.js';
import { phrasingsOf, squeezed } from '../src/text/phrasings.js';
import { checkGiven } from '../src/wholeText.js';
import type { Examples } from './examples.js';

/** What the user asks for: one label, in one or several phrasings. */
export interface Prompt {
  /** The name detections carry; of a prompt that is a text, the first phrasing. */
  label: string;
  /** None where there are examples alone. */
  phrasings: readonly string[];
  /** Regions that show it, from `Detector.examplesIn`. */
  examples?: Examples;
}

/**
 * Reads a prompt such as "sofa|couch": phrasings of one thing, separated by bars (`phrasingsOf`).
 * @throws UserError when there is no phrasing, or it is no valid text.
 */
export function parsePrompt(text: string): Prompt {
  checkGiven(text, 'The prompt');
  const phrasings = phrasingsOf(text);
  if (phrasings.length === 0) {
    throw new UserError(
      `The prompt ${JSON.stringify(text)} is empty; say what to look for, such as "a red car".`,
    );
  }
  return { label: phrasings[0], phrasings };
}

/**
 * Prompts in the given order, without those that repeat an earlier one.
 * @param given texts as for `parsePrompt`, or prompts whose label is a name of its own.
 * @throws UserError for what is neither, and for a prompt without a phrasing
 */
export function parsePrompts(given: readonly (string | Prompt)[]): Prompt[] {
  if (!Array.isArray(given)) throw new UserError('Prompts are a list of texts: ["a cup"].');
  const prompts = new Map<string, Prompt>();
  for (const [i, one] of given.entries()) {
    if (typeof one !== 'string' && !Array.isArray(one?.phrasings)) {
      throw new UserError(`Prompt ${i} is no text, and has no label and phrasings.`);
    }
    const prompt = typeof one === 'string' ? parsePrompt(one) : labelled(one);
    const key = prompt.examples ? `${i}` : JSON.stringify(prompt);
    if (!prompts.has(key)) prompts.set(key, prompt);
  }
  return [...prompts.values()];
}

function labelled({ label, phrasings, examples }: Prompt): Prompt {
  checkGiven(label, 'The label');
  if (examples && phrasings.length === 0) return { label, phrasings, examples };
  const read = parsePrompt(phrasings.join('|'));
  return { ...read, label, ...(examples && { examples }) };
}

/** The prompts in a text file: one a line; empty lines and lines that start with # are skipped. */
export function promptLines(content: string): string[] {
  return content
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map(squeezed)
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const determiners = new Set(
  'a an the some any one this that these those my your his her its our their'.split(' '),
);

/**
 * Puts a phrase into a template: `{}` stands for the phrase as it is, `{a}` for the phrase with an
 * article before a singular noun that has none.
 */
export function fillTemplate(template: string, phrase: string): string {
  return template.replace(/\{a?\}/g, (slot) => (slot === '{a}' ? withArticle(phrase) : phrase));
}

function withArticle(phrase: string): string {
  const [first, ...rest] = phrase.split(' ');
  const head = headNoun(phraseWords(phrase)).at(-1) ?? first;
  const counted = determiners.has(first.toLowerCase()) || /^\d/.test(first);
  if (counted || isPlural(head, phrase)) return phrase;
  return `${articleFor(first)} ${[first, ...rest].join(' ')}`;
}

/** Whether the phrase uses the noun's plural, or a noun that has but one form. */
function isPlural(singular: string, phrase: string): boolean {
  return phrase.toLowerCase().split(' ').includes(pluralize.plural(singular));
}

/** Words of a phrase that are looked at: no model reads on, and a text of ten thousand takes seconds. */
const mostWords = 80;

/**
 * The first words of a phrase: lower case, singular, without punctuation and determiners. Chinese is not divided into
 * words: each character counts as one.
 */
export function phraseWords(phrase: string): string[] {
  return phrase
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}'-]+/gu, ' ')
    .trim()
    .split(' ')
    .filter((word) => word !== '' && !determiners.has(word))
    .slice(0, mostWords)
    .flatMap((word) => (isHan(word) ? [...word].slice(0, mostWords) : [pluralize.singular(word)]));
}

/** Words that end the noun phrase a phrase starts with: what follows says where or how the thing is. */
const boundaries = new Set(
  (
    'on in at with without near under over behind beside above below between by from to inside ' +
    'outside against around along across of for next left right top front that which who and while ' +
    'wearing holding carrying riding sitting standing lying walking running facing looking eating ' +
    'sleeping playing flying made is are'
  ).split(' '),
);

/** And what does so in Chinese: "sitting in", "riding". */
const chineseBoundary = /(?<=.)(?:[坐站躺趴停放]?在|[骑穿戴拿抱]着)/u;

/** Words before "of" that only count or portray what follows: "a group of dogs" shows dogs. */
const measures = new Set(
  (
    'group pair herd flock bunch pile stack row piece slice set kind number lot couple dozen photo ' +
    'picture image drawing'
  ).split(' '),
);

/**
 * The noun phrase that names the thing itself: "red cat" in "a red cat on a sofa".
 * @param words from `phraseWords`.
 */
export function headNoun(words: readonly string[]): string[] {
  // What a thing is like, and where, comes before 的 in Chinese.
  const described = words.lastIndexOf('的') + 1;
  if (described > 0 && described < words.length) return headNoun(words.slice(described));
  const place = chineseBoundary.exec(words.join(''));
  if (place && isHan(words[0])) return words.slice(0, place.index);
  const of = words.indexOf('of');
  if (of > 0 && measures.has(words[of - 1])) return headNoun(words.slice(of + 1));
  const end = words.findIndex((word, index) => index > 0 && boundaries.has(word));
  return words.slice(0, end < 0 ? words.length : end);
}

/** Whether the first `count` of `words` end with `ending`: a "fire engine" is an "engine". */
export function endsWith(
  words: readonly string[],
  ending: readonly string[],
  count = words.length,
): boolean {
  const start = count - ending.length;
  return ending.length > 0 && start >= 0 && ending.every((word, i) => words[start + i] === word);
}
