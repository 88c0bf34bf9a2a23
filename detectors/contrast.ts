import { groupBy } from '../src/groupBy.js';
import { articleFor } from '../src/text/article.js';
import { isHan } from '../src/text/han.js';
import { endsWith, headNoun, type Prompt, phraseWords } from './prompts.js';

/** What a contrast vocabulary file holds. Names may list words for one thing: "person|human". */
export interface ContrastDefinition {
  /** Kinds of things and their members; a member may be a kind itself. Members are the vocabulary. */
  kinds?: Record<string, string[]>;
  /** Further nouns. */
  nouns?: string[];
  /** Groups of words of which a thing has one: colours, say. */
  attributes?: string[][];
}

/** Attributes of a phrasing that are swapped; things have few, and texts of many would be many texts. */
const mostSwapped = 8;

interface Name {
  words: string[];
  /** Index in `nouns`, or -1 for a kind that is no member of another. */
  noun: number;
  kinds: Set<Name>;
  members: Set<Name>;
}

/**
 * General nouns that every prompt is weighed against, so that a region that shows something else scores
 * low. Which of them a prompt faces depends on that prompt alone.
 */
export class ContrastVocabulary {
  /** The nouns, each once. */
  readonly nouns: readonly string[];
  readonly #names: Name[];
  /** By the last of their words. */
  readonly #byLastWord: ReadonlyMap<string | undefined, Name[]>;
  readonly #attributes: string[][][];

  constructor({ kinds = {}, nouns = [], attributes = [] }: ContrastDefinition) {
    this.nouns = [...new Set([...Object.values(kinds).flat(), ...nouns])];
    this.#names = buildNames(this.nouns, kinds);
    this.#byLastWord = groupBy(this.#names, ({ words }) => words.at(-1));
    this.#attributes = attributes.map((group) =>
      group.map((alternative) => alternative.split('|')),
    );
  }

  /**
   * Indices of the nouns that a prompt is not weighed against, judged by words: the noun it names, what
   * that is a kind of, and what is a kind of that. "A red cat" does not face "cat", "animal" or "kitten"
   * (where the vocabulary has them), but a "teddy bear" faces "bear".
   */
  leftOut(prompt: Prompt): Set<number> {
    const indices = new Set<number>();
    for (const phrasing of prompt.phrasings) {
      const head = headNoun(phraseWords(phrasing));
      const own = namesIn(head, this.#byLastWord);
      const names = own.length > 0 ? own : this.#names.filter(({ words }) => endsWith(words, head));
      for (const name of names) {
        for (const related of [name, ...closure(name, 'kinds'), ...closure(name, 'members')]) {
          if (related.noun >= 0) indices.add(related.noun);
        }
      }
    }
    return indices;
  }

  /**
   * The prompt's phrasings with one attribute swapped for another of its group: "a blue cat", "a green
   * cat" … for "a red cat". Without them a cat of any colour would be as good as a red one.
   */
  counterparts(prompt: Prompt): string[] {
    const swapped = prompt.phrasings.flatMap((phrasing) => this.#swapAttributes(phrasing));
    return [...new Set(swapped)].filter((phrase) => !prompt.phrasings.includes(phrase));
  }

  #swapAttributes(phrasing: string): string[] {
    if (isHan(phrasing)) return this.#swapInChinese(phrasing);
    const noun = headNoun(phraseWords(phrasing)).at(-1);
    const tokens = phrasing.split(' ');
    const swapped: string[][] = [];
    for (const [position, token] of tokens.entries()) {
      const word = token.toLowerCase();
      const group = this.#attributes.find((alternatives) => alternatives.flat().includes(word));
      if (!group || phraseWords(word)[0] === noun) continue;
      const others = group.filter((alternative) => !alternative.includes(word));
      swapped.push(
        others.map(([other]) => fixArticle(tokens.with(position, other), position).join(' ')),
      );
      if (swapped.length === mostSwapped) break;
    }
    return swapped.flat();
  }

  /** Without spaces between words, an attribute is one wherever more follows: 红色 in 红色的猫. */
  #swapInChinese(phrasing: string): string[] {
    return this.#attributes
      .flatMap((group) => {
        const words = group.flat().sort((a, b) => b.length - a.length);
        const own = words.find((word) => {
          const at = phrasing.indexOf(word);
          return at >= 0 && at + word.length < phrasing.length;
        });
        if (own === undefined) return [];
        const others = group.filter((alternative) => !alternative.includes(own));
        return [others.map(([other]) => phrasing.replace(own, () => other))];
      })
      .slice(0, mostSwapped)
      .flat();
  }
}

function buildNames(nouns: readonly string[], kinds: Record<string, string[]>): Name[] {
  const names: Name[] = [];
  const byWords = new Map<string, Name>();
  const nameOf = (text: string): Name => {
    const words = phraseWords(text);
    const key = words.join(' ');
    const known = byWords.get(key);
    if (known) return known;
    const name = {
      words,
      noun: nouns.indexOf(text),
      kinds: new Set<Name>(),
      members: new Set<Name>(),
    };
    byWords.set(key, name);
    names.push(name);
    return name;
  };
  for (const noun of nouns) nameOf(noun);
  for (const [aliases, members] of Object.entries(kinds)) {
    for (const alias of aliases.split('|')) {
      const kind = nameOf(alias);
      for (const member of members.map(nameOf)) {
        if (member === kind) continue;
        kind.members.add(member);
        member.kinds.add(kind);
      }
    }
  }
  return names;
}

/**
 * The names that `words` contains and that end last in it; of those the longest. Chinese characters are no words by
 * themselves: there a name must end where they do.
 */
function namesIn(
  words: readonly string[],
  byLastWord: ReadonlyMap<string | undefined, readonly Name[]>,
): Name[] {
  const first = isHan(words.at(-1) ?? '') ? words.length : 1;
  for (let end = words.length; end >= first; end--) {
    const names = byLastWord.get(words[end - 1]) ?? [];
    const ending = names.filter((name) => endsWith(words, name.words, end));
    const longest = Math.max(...ending.map((name) => name.words.length));
    if (ending.length > 0) return ending.filter((name) => name.words.length === longest);
  }
  return [];
}

/** All names reachable from `start` along one relation. */
function closure(start: Name, relation: 'kinds' | 'members'): Set<Name> {
  const reached = new Set<Name>();
  const visit = (name: Name) => {
    for (const next of name[relation]) {
      if (reached.has(next)) continue;
      reached.add(next);
      visit(next);
    }
  };
  visit(start);
  return reached;
}

function fixArticle(tokens: string[], position: number): string[] {
  const article = tokens[position - 1];
  if (!article || !/^an?$/i.test(article)) return tokens;
  return tokens.with(position - 1, articleFor(tokens[position]));
}
