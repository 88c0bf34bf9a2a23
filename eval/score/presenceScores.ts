import { PresenceItems } from '../presence/items.js';
import { presenceMeasures } from '../presence/measures.js';
import type { ScoredFiles } from './scoredFiles.js';

/** Measures at one score threshold, and the items, from which those at others follow. */
export interface PresenceScores {
  measures: Record<string, number>;
  items: PresenceItems;
}

/**
 * SA-Co's measures: see `presenceMeasures`.
 * @param truths one or more ground truths of the same items, each with the results.
 * @param threshold least score of a box that counts.
 * @throws UserError for truths of different items
 */
export function scorePresence(truths: readonly ScoredFiles[], threshold: number): PresenceScores {
  const items = new PresenceItems(truths);
  return { measures: presenceMeasures(items.countsAt(threshold)), items };
}
