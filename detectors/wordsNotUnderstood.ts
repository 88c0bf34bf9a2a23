import type { Advice } from './featureModel.js';
import type { Prompt } from './prompts.js';

const number = '(?:\\d+|two|three|four|five|six|seven|eight|nine|ten|several|exactly \\w+)';

/** Kinds of words that mean nothing to towers which were trained on captions, and what to do instead. */
const kinds = [
  {
    // "A no entry sign" is the name of a thing.
    words: /\b(?:without|not|no(?! \w+(?: \w+)? signs?\b)|except|lacking)\b|没有|不带|除了/i,
    message:
      'finds what should be missing as well: no model here understands "without" or "not". Ask for the thing ' +
      'itself, and give what is not wanted as a negative (--negative "a cup with a handle"), or show by examples what is meant',
  },
  {
    words:
      /\b(?:to the )?(?:left|right)(?: side| hand side)? of\b|\b(?:left|right|top|bottom)-?most\b|\b(?:on|to|at) the (?:left|right)\b|\b(?:above|below|beneath|next to|in front of|behind)\b|[左右上下][边侧面]/i,
    message:
      'is found wherever it lies: a region is judged by what it shows, not by its place. Ask for the thing alone, and ' +
      'choose among its boxes by their coordinates',
  },
  {
    words: new RegExp(
      `\\b${number} (?:\\w+ )?\\w+s\\b|[两二三四五六七八九十] ?[只个辆把条张棵]`,
      'i',
    ),
    message: 'is not counted: each box is one thing. Ask for the thing alone, and count its boxes',
  },
];

/** What a person should know of prompts with words that no text tower understands: each kind of word is told once. */
export function wordsNotUnderstood(prompts: readonly Prompt[]): Advice[] {
  return kinds.flatMap(({ words, message }) => {
    for (const { label, phrasings } of prompts) {
      const phrasing = phrasings.find((text) => words.test(text));
      if (phrasing) return [{ label, message: `${JSON.stringify(phrasing)} ${message}.` }];
    }
    return [];
  });
}
