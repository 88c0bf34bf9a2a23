import type { DetectOptions } from '../../detectors/detector.js';
import { type Prompt, parsePrompt } from '../../detectors/prompts.js';
import { UserError } from '../../src/errors.js';
import { spoken } from '../prelabel/labelDefinitions.js';
import { Refusal } from './errors.js';
import type { Limits } from './limits.js';
import type { OptionsInput } from './schemas.js';

/** A label, what it looks like in words or by examples, and how sure a model has to be of it. */
export interface AskedLabel extends Pick<Prompt, 'label' | 'examples'> {
  phrasings?: readonly string[];
  threshold?: number;
}

/** Prompts and options as a detector takes them. */
export interface Asked {
  prompts: Prompt[];
  options: DetectOptions;
}

/** How much may be asked of a picture. */
export type AskLimits = Pick<Limits, 'prompts' | 'phrasings' | 'promptCharacters' | 'detections'>;

/** What decides besides a request what is looked for. */
export interface AskContext {
  limits: AskLimits;
  /** The server's labels that have examples, by their names. */
  shownLabels: ReadonlyMap<string, Prompt>;
}

/**
 * What is asked of a picture. Thresholds in the options come before those of labels. A prompt that says no more than the
 * name of a label that the server has examples of means that label; with other words, its examples count beside them.
 * @throws UserError for a prompt without a phrasing or examples, Refusal for too many or too long ones.
 */
export function askedOf(
  prompts: readonly (string | AskedLabel)[],
  options: OptionsInput,
  { limits, shownLabels }: AskContext,
): Asked {
  // Labels may have the names of what every object has.
  const thresholds = Object.assign(Object.create(null), options.thresholds);
  const read = prompts.map((prompt): Prompt => {
    const asked: AskedLabel = typeof prompt === 'string' ? parsePrompt(prompt) : prompt;
    const { label, phrasings = [], threshold } = asked;
    if (threshold !== undefined) thresholds[label] ??= threshold;
    const own = asked.examples ? undefined : shownLabels.get(label);
    if (own && phrasings.every((text) => text === spoken(label) || text === label)) return own;
    const { examples } = own ?? asked;
    if (phrasings.length === 0 && !examples) {
      throw new UserError(`The label ${JSON.stringify(label)} has neither phrasings nor examples.`);
    }
    return {
      label,
      phrasings: phrasings.length > 0 ? parsePrompt(phrasings.join('|')).phrasings : [],
      ...(examples && { examples }),
    };
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
