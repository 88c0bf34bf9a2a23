import type { TextConfig } from './config.js';

/**
 * `short`: captions; `box`: descriptions of regions and prompts, for region and dense features; `long`: long captions.
 * Each kind has a projection of its own, long texts have positions of their own as well.
 */
export const textKinds = ['short', 'box', 'long'] as const;
export type TextKind = (typeof textKinds)[number];

/** The tokens that every text of a kind has, padding included. */
export function tokenCount(config: TextConfig, kind: TextKind): number {
  return kind === 'long' ? config.longPositions : config.positions;
}
