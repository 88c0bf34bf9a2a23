import type { Advice } from '../../detectors/featureModel.js';
import { note } from './common.js';

/** Sentences in full; of more prompts only the names are said. */
const most = 3;

/** Says what should be known of prompts, briefly also where it holds for many. */
export function noteAdvice(advice: readonly Advice[]): void {
  for (const { message } of advice.slice(0, most)) note(message);
  const others = [...new Set(advice.slice(most).map(({ label }) => label))];
  if (others.length > 0) note(`The like holds for ${others.length} more: ${others.join(', ')}.`);
}
