import type { Random } from '../../src/random.js';
import { articleFor } from '../../src/text/article.js';
import type { AttributeLexicon } from './attributeLexicon.js';
import { type Description, findAttributes, type Unit } from './findAttributes.js';
import { textOf } from './taggedText.js';

/** Attributes changed at a time, and how often so many. */
const swapWeights = [6, 3, 1];

/** Draws that give nothing new, after which a description has no more rewrites. */
const mostDraws = 400;

/**
 * Different descriptions of the same form and about the same thing, each with one to three attributes
 * swapped for others of their kind.
 * @param most of them; fewer where the description does not tell as much
 * @param known rewrites that are there already
 */
export function rewriteAttributes(
  text: string,
  lexicon: AttributeLexicon,
  most: number,
  random: Random,
  known: readonly string[] = [],
): string[] {
  const description = findAttributes(text, lexicon);
  if (textOf(description.terms) !== text) return [];
  const replaceable = description.units.filter((unit) => othersOf(unit).length > 0);
  const rewrites = new Set<string>();
  if (replaceable.length === 0) return [];
  for (let draw = 0; draw < mostDraws && rewrites.size < most; draw++) {
    const count = Math.min(drawCount(random), replaceable.length);
    const swaps = new Map<Unit, string>();
    for (const unit of random.shuffle(replaceable).slice(0, count)) {
      swaps.set(unit, random.pick(othersOf(unit)));
    }
    const rewrite = written(description, swaps);
    if (!known.includes(rewrite)) rewrites.add(rewrite);
  }
  return [...rewrites];
}

/** What may stand instead of a unit, written as it is: as a word or in digits. */
function othersOf({ words, attributes }: Unit): string[] {
  const inDigits = /^\d/.test(words);
  return [
    ...new Set(attributes.filter((one) => one.replaced).flatMap(({ others }) => others)),
  ].filter((other) => /^\d/.test(other) === inDigits);
}

function drawCount(random: Random): number {
  let left = random.uniform() * swapWeights.reduce((sum, weight) => sum + weight, 0);
  const index = swapWeights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return index + 1;
}

function written({ terms }: Description, swaps: ReadonlyMap<Unit, string>): string {
  const words = terms.map((term) => ({ ...term }));
  for (const [unit, other] of swaps) {
    const { start, end, isBeforeName } = unit;
    const text = isBeforeName ? other.replaceAll(' ', '-') : other;
    const capital = /^\p{Lu}/u.test(words[start].text);
    words[start].text = capital ? text[0].toUpperCase() + text.slice(1) : text;
    words[start].post = words[end - 1].post;
    for (let i = start + 1; i < end; i++) Object.assign(words[i], { pre: '', text: '', post: '' });
    const article = words[start - 1];
    if (article && /^an?$/i.test(article.text)) {
      const right = articleFor(text);
      article.text = article.text[0] === 'A' ? right[0].toUpperCase() + right.slice(1) : right;
    }
  }
  return textOf(words);
}
