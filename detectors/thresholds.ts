import { UserError } from '../src/errors.js';

/** Least scores. */
export interface Thresholds {
  /** Of labels that `thresholds` does not name. */
  threshold: number;
  /** Of single labels: `{ 'a dog': 0.5 }`. */
  thresholds?: Readonly<Record<string, number>>;
}

/** The least score of a label's detections. */
export function thresholdOf(label: string, { threshold, thresholds = {} }: Thresholds): number {
  return Object.hasOwn(thresholds, label) ? thresholds[label] : threshold;
}

/**
 * Checks thresholds that a person gave.
 * @param labels those that are asked for.
 * @throws UserError for a label that is not asked for (it may be misspelt) and for a number outside 0..1.
 */
export function checkThresholds(
  thresholds: Readonly<Record<string, number>>,
  labels: readonly string[],
): void {
  const asked = new Set(labels);
  for (const [label, threshold] of Object.entries(thresholds)) {
    if (!asked.has(label)) {
      const known = labels.slice(0, 5).map((name) => JSON.stringify(name));
      if (labels.length > known.length) known.push('…');
      throw new UserError(
        `A threshold is given for ${JSON.stringify(label)}, which no prompt has as its label: ` +
          `the labels are ${known.join(', ')}.`,
      );
    }
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new UserError(
        `The threshold of ${JSON.stringify(label)} is ${threshold}; it must be from 0 to 1.`,
      );
    }
  }
}
