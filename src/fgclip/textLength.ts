import type { TextConfig } from './config.js';

/**
 * `short`: captions, region descriptions and prompts; `long`: long captions, with positions and a
 * projection of their own.
 */
export type TextLength = 'short' | 'long';

/** The most tokens a text of this kind may have, begin and end included. */
export function mostTokens(config: TextConfig, length: TextLength): number {
  return length === 'long' ? config.longPositions : config.positions;
}
