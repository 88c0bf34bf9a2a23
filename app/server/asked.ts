import type { DetectOptions } from '../../detectors/detector.js';
import { type Prompt, parsePrompt } from '../../detectors/prompts.js';
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

/**
 * What is asked of a picture. Thresholds in the options come before those of labels.
 * @throws UserError for a prompt without a phrasing.
 */
export function askedOf(
  prompts: readonly (string | AskedLabel)[],
  options: OptionsInput = {},
): Asked {
  const thresholds = { ...options.thresholds };
  const read = prompts.map((prompt): Prompt => {
    if (typeof prompt === 'string') return parsePrompt(prompt);
    const { label, phrasings, threshold } = prompt;
    if (threshold !== undefined) thresholds[label] ??= threshold;
    return { label, phrasings: parsePrompt(phrasings.join('|')).phrasings };
  });
  return { prompts: read, options: { ...options, thresholds } };
}
