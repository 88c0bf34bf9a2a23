import { articleFor } from '../../src/text/article.js';
import { nounPhrase, nounPhrases, type Term, tagSentences } from './taggedText.js';

/** Words for one thing that a caption names. */
export interface ReferringExpression {
  /** The thing and what stands before it: "a small striped cat". */
  short: string;
  /** With what is said of it after: "a small striped cat lying on its side". */
  long: string;
  /** The thing's name: "cat". */
  noun: string;
}

/** A caption's noun phrases, and those that were passed over. */
export interface FoundExpressions {
  expressions: ReferringExpression[];
  /** Phrases that name several things, which no single box shows. */
  plural: number;
}

/** Longer ones are cut: detectors read phrases, not sentences. */
const mostWords = 24;

/**
 * The things that a caption names one by one.
 * @param notThings nouns that nothing in a picture is boxed for: "background", "left"
 */
export function referringExpressions(
  caption: string,
  notThings: ReadonlySet<string>,
): FoundExpressions {
  const expressions: ReferringExpression[] = [];
  let plural = 0;
  for (const terms of tagSentences(caption)) {
    for (const { start, head, end, several } of nounPhrases(terms)) {
      const noun = terms[head].text.toLowerCase();
      if (several) plural++;
      else if (!notThings.has(noun)) {
        const words = (last: number) =>
          wordsOf(terms.slice(start, Math.min(last, start + mostWords)));
        expressions.push({ short: words(end), long: words(modifiersEnd(terms, end)), noun });
      }
    }
  }
  return { expressions, plural };
}

/** Those that no other says more precisely, each once. */
export function mostPrecise(expressions: readonly ReferringExpression[]): ReferringExpression[] {
  const wordsIn = ({ short }: ReferringExpression) =>
    new Set(
      short
        .toLowerCase()
        .split(' ')
        .filter((word) => !determiners.has(word)),
    );
  const unique = new Map<string, ReferringExpression>();
  for (const expression of expressions) {
    const key = [...wordsIn(expression)].join(' ');
    const known = unique.get(key);
    if (!known || known.long.length < expression.long.length) unique.set(key, expression);
  }
  const all = [...unique.values()].map((expression) => ({
    expression,
    words: wordsIn(expression),
  }));
  return all
    .filter(
      ({ expression, words }) =>
        !all.some(
          (other) =>
            other.expression.noun === expression.noun &&
            other.words.size > words.size &&
            [...words].every((word) => other.words.has(word)),
        ),
    )
    .map(({ expression }) => expression);
}

const determiners = new Set(['a', 'an', 'the', 'this', 'that', 'one', 'another', 'some']);
/** Where what is said of a thing after its name ends: "with stripes", "lying on its side", "that is red". */
function modifiersEnd(terms: readonly Term[], start: number): number {
  let end = start;
  for (;;) {
    if (end > 0 && terms[end - 1].ends) return end;
    const next = modifierEnd(terms, end);
    if (next === undefined) return end;
    end = next;
  }
}

function modifierEnd(terms: readonly Term[], start: number): number | undefined {
  const term = terms[start];
  if (!term) return undefined;
  const { tags, text } = term;
  const after = (i: number) => {
    const phrase = terms[i] && nounPhrase(terms, i);
    return phrase ? phrase.end : undefined;
  };
  if (/^(that|which|who)$/i.test(text) && terms[start + 1]?.tags.has('Copula')) {
    let i = start + 2;
    while (terms[i]?.tags.has('Adjective') || /^and$/i.test(terms[i]?.text ?? '')) i++;
    return i > start + 2 ? i : undefined;
  }
  if (tags.has('Preposition')) return after(start + 1);
  const participle = tags.has('Gerund') || tags.has('PastTense');
  if (!participle || terms[start - 1]?.tags.has('Copula')) return undefined;
  if (term.ends) return start + 1;
  const next = terms[start + 1];
  const preposition = next?.tags.has('Preposition');
  if (tags.has('PastTense') && !preposition) return undefined;
  return after(start + (preposition ? 2 : 1)) ?? (tags.has('Gerund') ? start + 1 : undefined);
}

/** The words of a phrase that can stand alone: no "his" or "Ann's", and no capital from a sentence's begin. */
function wordsOf(terms: readonly Term[]): string {
  const [{ text, tags }, ...rest] = terms;
  const others = rest.map((term) => term.text);
  const properName = tags.has('ProperNoun') || /^[A-Z]{2,}/.test(text);
  const own = tags.has('Possessive') && others.length > 0;
  const first = own ? articleFor(others[0]) : properName ? text : text.toLowerCase();
  return [first, ...others].join(' ').replaceAll('|', ' ');
}
