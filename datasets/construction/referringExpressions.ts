import nlp from 'compromise';
import { articleFor } from '../../src/text/article.js';

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

/** A word of a sentence, as the tagger sees it. */
export interface Term {
  text: string;
  tags: ReadonlySet<string>;
  /** Whether a comma, a bracket or the sentence's end follows. */
  ends: boolean;
}

/** Longer ones are cut: detectors read phrases, not sentences. */
const mostWords = 24;

/** The terms of a text's sentences, tagged by the library compromise. */
export function tagSentences(text: string): Term[][] {
  const sentences = nlp(text).json() as {
    terms: { text: string; tags: string[]; pre: string; post: string }[];
  }[];
  return sentences.map(({ terms }) =>
    terms.flatMap(({ text: word, tags, post }): Term[] =>
      word === '' ? [] : [{ text: word, tags: new Set(tags), ends: /[^\s\-–'’"]/.test(post) }],
    ),
  );
}

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
    for (let i = 0; i < terms.length; ) {
      const phrase = nounPhrase(terms, i);
      if (!phrase) {
        i++;
        continue;
      }
      const { head, end, several } = phrase;
      const noun = terms[head].text.toLowerCase();
      if (several) plural++;
      else if (!notThings.has(noun)) {
        const words = (last: number) => wordsOf(terms.slice(i, Math.min(last, i + mostWords)));
        expressions.push({ short: words(end), long: words(modifiersEnd(terms, end)), noun });
      }
      i = end;
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
const one = new Set(['one', '1']);

/** The noun phrase that begins at a term: its head, where it ends, and whether it names several things. */
function nounPhrase(terms: readonly Term[], start: number) {
  const { tags, text } = terms[start];
  if (tags.has('Pronoun') && !tags.has('Possessive')) return undefined;
  if (/^(no|any|what|which|each|every)$/i.test(text)) return undefined;
  let several = /^(these|those|many|several|both|all|few|some|various|multiple)$/i.test(text);
  let i = start;
  const opened = tags.has('Determiner') || tags.has('Possessive');
  if (opened) i++;
  for (; i < terms.length && isBeforeNoun(terms, i, i > start); i++) {
    if (terms[i].tags.has('Value') && !one.has(terms[i].text.toLowerCase())) several = true;
    // "a red, round ball" is one phrase; "red, a ball" is not.
    if (terms[i].ends && !terms[i + 1]?.tags.has('Adjective')) return undefined;
  }
  const first = i;
  while (i < terms.length && isNoun(terms[i])) {
    i++;
    if (terms[i - 1].ends) break;
  }
  if (i === first || (i < terms.length && terms[i - 1].tags.has('Possessive'))) return undefined;
  const head = i - 1;
  // Tools in pairs and the like are tagged as several, but said with "a".
  const plural = terms[head].tags.has('Plural') && !/^(a|an|one)$/i.test(text);
  return { head, end: i, several: several || plural };
}

/** The tagger takes these for nouns after a noun: "a bicycle past a gate". */
const misread = /^(past|near|opposite|inside|outside|beside|alongside)$/i;

function isNoun({ tags, text }: Term): boolean {
  return tags.has('Noun') && !tags.has('Pronoun') && !tags.has('Possessive') && !misread.test(text);
}

/** Whether a term can stand between an article and a noun; participles only where something came before. */
function isBeforeNoun(terms: readonly Term[], i: number, opened: boolean): boolean {
  const { tags } = terms[i];
  if (isNoun(terms[i])) return false;
  const next = terms[i + 1];
  const followed =
    next && (isNoun(next) || next.tags.has('Adjective') || next.tags.has('PastTense'));
  if (tags.has('Adjective') || tags.has('Value')) return true;
  if (tags.has('Adverb')) return !!followed && opened;
  return opened && (tags.has('PastTense') || tags.has('Gerund')) && !!followed;
}

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
  if (tags.has('Preposition') || misread.test(text)) return after(start + 1);
  const participle = tags.has('Gerund') || tags.has('PastTense');
  if (!participle || terms[start - 1]?.tags.has('Copula')) return undefined;
  if (term.ends) return start + 1;
  const preposition = terms[start + 1]?.tags.has('Preposition');
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
