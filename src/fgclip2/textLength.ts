import type { TextConfig } from './config.js';

/**
 * `short`: captions, for whole pictures; `box`: descriptions of regions and prompts, for regions and patches; `long`: long
 * captions. Each has a projection of its own, and long texts have positions of their own as well.
 */
export type TextLength = 'short' | 'box' | 'long';

/** The tokens that every text of this kind has, padding included. */
export function tokenCount(config: TextConfig, length: TextLength): number {
  return length === 'long' ? config.longPositions : config.positions;
}
