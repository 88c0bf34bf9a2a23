import type { Classes } from './readOutput.js';
import type { HubInputs, HubTokenizer } from './transformers.js';

/** The most tokens that a detector is asked at once. */
const mostTokens = 256;

/** Texts as a detector is given them at once. */
export interface TextBatch {
  inputs: HubInputs;
  classes: Classes;
}

export interface Texts {
  batches: TextBatch[];
  /** Texts that are longer than the detector reads. */
  cut: string[];
}

/** Texts that a detector scores each for itself, as OWL-ViT and OWLv2 do. */
export function textsEach(texts: readonly string[], tokenizer: HubTokenizer): Texts {
  const most = tokenizer.model_max_length ?? mostTokens;
  const lengths = texts.map((text) => tokenizer.encode(text).length);
  const groups = inGroups(texts, (group, i) => {
    // Shorter ones are filled up to the longest.
    const longest = Math.max(...lengths.slice(i - group.length, i + 1));
    return Math.min(longest, most) * (group.length + 1) <= mostTokens;
  });
  return {
    cut: texts.filter((_, i) => lengths[i] > most),
    batches: groups.map((group) => ({
      inputs: tokenizer(group, { padding: true, truncation: true }),
      classes: group.map((name, i) => ({ name, first: i, end: i + 1 })),
    })),
  };
}

/**
 * Texts in one sentence, "a cat. two dogs.", as Grounding DINO is asked: a text's score is that of its best token.
 * @param longest tokens that the model reads.
 */
export function textsInSentence(
  texts: readonly string[],
  tokenizer: HubTokenizer,
  longest = mostTokens,
): Texts {
  const tokensOf = (text: string) => tokenizer.encode(text, { add_special_tokens: false });
  // The sentence begins and ends with a special token; a text ends with a full stop, which parts it from the next.
  const most = Math.min(longest, mostTokens) - 2;
  const cut: string[] = [];
  const phrases = texts.flatMap((name) => {
    const text = name.toLowerCase().replace(/[.?]/g, ' ').trim();
    const tokens = tokensOf(text);
    if (tokens.length === 0) return [];
    if (tokens.length < most) return [{ name, text, length: tokens.length }];
    cut.push(name);
    const shortened = tokenizer.decode(tokens.slice(0, most - 1));
    return [{ name, text: shortened, length: most - 1 }];
  });
  const groups = inGroups(phrases, (group, i) => {
    const before = group.reduce((sum, { length }) => sum + length + 1, 0);
    return before + phrases[i].length + 1 <= most;
  });
  return {
    cut,
    batches: groups.map((group) => {
      let next = 1;
      const classes = group.map(({ name, length }) => {
        const first = next;
        next += length + 1;
        return { name, first, end: first + length };
      });
      const sentence = group.map(({ text }) => `${text}.`).join(' ');
      return { inputs: tokenizer(sentence, { padding: false, truncation: false }), classes };
    }),
  };
}

/** @param fits whether the item of this index may join the group before it. */
function inGroups<T>(
  items: readonly T[],
  fits: (group: readonly T[], index: number) => boolean,
): T[][] {
  const groups: T[][] = [];
  for (const [i, item] of items.entries()) {
    const group = groups.at(-1);
    if (group && fits(group, i)) group.push(item);
    else groups.push([item]);
  }
  return groups;
}
