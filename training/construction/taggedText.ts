import nlp from 'compromise';

/** A word of a text, as the tagger sees it. Joined with what stands between them, they are the text. */
export interface Term {
  text: string;
  tags: ReadonlySet<string>;
  /** Spaces and punctuation before it and after it. */
  pre: string;
  post: string;
  /** Whether a comma, a bracket or the sentence's end follows. */
  ends: boolean;
}

/** The terms of a text's sentences, tagged by the library compromise. */
export function tagSentences(text: string): Term[][] {
  const sentences = nlp(text).json() as {
    terms: { text: string; tags: string[]; pre: string; post: string }[];
  }[];
  return sentences.map(({ terms }) => {
    const written: Term[] = [];
    for (const { text: word, tags, pre, post } of terms) {
      // A contraction's second half is not written.
      if (word === '' && pre === '' && post.trim() === '') {
        const last = written.at(-1);
        if (last) last.post += post;
      } else {
        const ends = /[^\s\-–'’"]/.test(post);
        written.push({ ...{ text: word, pre, post, ends }, tags: new Set(tags) });
      }
    }
    return retagged(written);
  });
}

/** Names of things that end like participles. */
const namesInIng =
  /^(?:\w*(?:building|ring|string|king|wing|thing|clothing|ceiling|painting|drawing|railing|lettering|writing)|spring|awning|evening|morning|wedding|pudding|icing|frosting|stocking|crossing|landing|opening|covering|bedding|siding|lightning|shopping|parking|dressing|filling|topping|lining|piping|tubing|flooring|roofing|paving)s?$/i;

const prepositions =
  /^(?:past|near|opposite|inside|outside|beside|alongside|under|underneath|below|beneath|above|behind|atop|against|across)$/i;

/** Puts right what the tagger takes for nouns after a noun: "a man holding a bag", "a bicycle past a gate". */
function retagged(terms: readonly Term[]): Term[] {
  return terms.map((term, i) => {
    const { text, tags } = term;
    const [before, after] = [terms[i - 1], terms[i + 1]];
    if (prepositions.test(text) && !tags.has('Preposition') && after) {
      return { ...term, tags: new Set(['Preposition']) };
    }
    const between = before?.tags.has('Noun') && !before.ends && !(after && isPlainNoun(after));
    if (!between || !tags.has('Noun') || !/ing$/i.test(text)) return term;
    // "a wall painting in a hall" is a thing; "a man painting a wall" does something.
    if (namesInIng.test(text) && !after?.tags.has('Determiner')) return term;
    return { ...term, tags: new Set(['Verb', 'PresentTense', 'Gerund']) };
  });
}

/** Whether a term names something, rather than standing for a name or saying whose it is. */
export function isPlainNoun({ tags }: Term): boolean {
  return tags.has('Noun') && !tags.has('Pronoun') && !tags.has('Possessive');
}

/** The text that terms make. */
export function textOf(terms: readonly Pick<Term, 'pre' | 'text' | 'post'>[]): string {
  return terms.map(({ pre, text, post }) => pre + text + post).join('');
}

/** A thing's name in a sentence, and what stands before it. */
export interface NounPhrase {
  start: number;
  /** The term that names the thing. */
  head: number;
  end: number;
  /** Whether it names several things. */
  several: boolean;
}

const one = /^(one|1)$/i;
/** Words before a noun that say that no single thing is meant. */
const none = /^(no|any|what|which|each|every)$/i;
const manyWords = /^(these|those|many|several|both|all|few|various|multiple)$/i;

/** The noun phrase that begins at a term, if one does. */
export function nounPhrase(terms: readonly Term[], start: number): NounPhrase | undefined {
  const { tags, text } = terms[start];
  if (tags.has('Pronoun') && !tags.has('Possessive')) return undefined;
  if (none.test(text) || /^(there|here)$/i.test(text)) return undefined;
  let several = manyWords.test(text);
  let i = start;
  if (tags.has('Determiner') || tags.has('Possessive')) i++;
  for (; i < terms.length && isBeforeNoun(terms, i, i > start); i++) {
    if (terms[i].tags.has('Value') && !one.test(terms[i].text)) several = true;
    // "a red, round ball" is one phrase; "red, a ball" is not.
    if (terms[i].ends && !terms[i + 1]?.tags.has('Adjective')) return undefined;
  }
  const first = i;
  while (i < terms.length && (isPlainNoun(terms[i]) || isColourInside(terms, i))) {
    i++;
    if (terms[i - 1].ends) break;
  }
  if (i === first) return undefined;
  const head = i - 1;
  // Tools in pairs and the like are tagged as several, but said with "a".
  const plural = terms[head].tags.has('Plural') && !/^(a|an|one)$/i.test(text);
  return { start, head, end: i, several: several || plural };
}

/** All noun phrases of a sentence, in order. */
export function nounPhrases(terms: readonly Term[]): NounPhrase[] {
  const phrases: NounPhrase[] = [];
  for (let i = 0; i < terms.length; ) {
    const denied = none.test(terms[i].text) && i + 1 < terms.length;
    const phrase = nounPhrase(terms, denied ? i + 1 : i);
    if (phrase && !denied) phrases.push(phrase);
    i = phrase?.end ?? i + 1;
  }
  return phrases;
}

/** "soft sky blue blobs": an adjective that belongs to the noun before it. */
function isColourInside(terms: readonly Term[], i: number): boolean {
  const [before, { tags, ends }, after] = [terms[i - 1], terms[i], terms[i + 1]];
  const inside = !!before && isPlainNoun(before) && !!after && isPlainNoun(after);
  return inside && tags.has('Adjective') && !ends;
}

/** Whether a term can stand between an article and a noun; participles only where something came before. */
function isBeforeNoun(terms: readonly Term[], i: number, opened: boolean): boolean {
  const { tags } = terms[i];
  if (isPlainNoun(terms[i])) return false;
  const next = terms[i + 1];
  const followed =
    next !== undefined &&
    (isPlainNoun(next) || ['Adjective', 'PastTense', 'Value'].some((tag) => next.tags.has(tag)));
  if (tags.has('Adjective') || tags.has('Value')) return true;
  const participle = tags.has('PastTense') || tags.has('Gerund') || tags.has('Hyphenated');
  return opened && followed && (tags.has('Adverb') || participle);
}
