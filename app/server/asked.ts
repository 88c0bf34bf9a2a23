import type { DetectOptions } from '../../detectors/detector.js';
import { type Prompt, parsePrompt } from '../../detectors/prompts.js';
import { Refusal } from './errors.js';
import type { Limits } from './limits.js';
import type { OptionsInput } from './schemas.js';

/** A label, what it looks like in words, and how sure a model has to be of it. */
export interface AskedLabel extends Prompt {
  threshold?: number;
}

/** Prompts and options as a detector takes them. */
export interface Asked {
  prompts: Prompt[];
  options: DetectOptions;
}

/** How much may be asked of a picture. */
export type AskLimits = Pick<Limits, 'prompts' | 'phrasings' | 'promptCharacters' | 'detections'>;

/**
 * What is asked of a picture. Thresholds in the options come before those of labels.
 * @throws UserError for a prompt without a phrasing, Refusal for too many or too long ones.
 */
export function askedOf(
  prompts: readonly (string | AskedLabel)[],
  options: OptionsInput,
  limits: AskLimits,
): Asked {
  // Labels may have the names of what every object has.
  const thresholds = Object.assign(Object.create(null), options.thresholds);
  const read = prompts.map((prompt): Prompt => {
    if (typeof prompt === 'string') return parsePrompt(prompt);
    const { label, phrasings, threshold } = prompt;
    if (threshold !== undefined) thresholds[label] ??= threshold;
    return { label, phrasings: parsePrompt(phrasings.join('|')).phrasings };
  });
  const unwanted = (options.negatives ?? []).map(parsePrompt);
  checkTexts([...read, ...unwanted], limits);
  return {
    prompts: read,
    options: { maxPerImage: limits.detections, ...options, thresholds },
  };
}

function checkTexts(prompts: readonly Prompt[], limits: AskLimits) {
  const { promptCharacters } = limits;
  const all = prompts.flatMap(({ phrasings }) => phrasings);
  if (all.length > limits.phrasings) {
    throw new Refusal(
      413,
      `There are ${all.length} phrasings; at most ${limits.phrasings} are looked for.`,
    );
  }
  const characters = all.reduce((sum, { length }) => sum + length, 0);
  const most = limits.prompts * promptCharacters;
  if (characters > most) {
    throw new Refusal(
      413,
      `All phrasings have ${characters} characters; at most ${most} are taken.`,
    );
  }
  for (const { label, phrasings } of prompts) {
    for (const text of [label, ...phrasings]) {
      // As the model reads it: there are characters that stand for whole sentences.
      const { length } = text.length > promptCharacters ? text : text.normalize('NFKC');
      if (length <= promptCharacters) continue;
      const begin = JSON.stringify(text.slice(0, 20));
      throw new Refusal(
        413,
        `The text that begins with ${begin} has ${length} characters; at most ${promptCharacters} are taken.`,
      );
    }
  }
}
