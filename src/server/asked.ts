import type { DetectOptions } from '../../detectors/detector.js';
import { type Prompt, parsePrompt } from '../../detectors/prompts.js';
import type { OptionsInput, PromptInput } from './schemas.js';

/** Prompts and options as a detector takes them. */
export interface Asked {
  prompts: Prompt[];
  options: DetectOptions;
}

/**
 * What a request asks.
 * @throws UserError for a prompt without a phrasing.
 */
export function askedOf(prompts: readonly PromptInput[], options: OptionsInput = {}): Asked {
  const thresholds = { ...options.thresholds };
  const read = prompts.map((prompt): Prompt => {
    if (typeof prompt === 'string') return parsePrompt(prompt);
    const { label, phrasings, threshold } = prompt;
    if (threshold !== undefined) thresholds[label] ??= threshold;
    return { label, phrasings: parsePrompt(phrasings.join('|')).phrasings };
  });
  return { prompts: read, options: { ...options, thresholds } };
}
