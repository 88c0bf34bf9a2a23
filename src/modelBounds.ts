import { z } from 'zod';

/**
 * The most that a model folder's files may ask for: what they are made of decides how much work opening them and looking
 * at a picture is, and they may be from anybody.
 */
export const modelBounds = {
  layers: 512,
  /** Of a layer: heads, channels, features. */
  width: 65_536,
  /** Pixels of a side. */
  side: 16_384,
  tokens: 65_536,
  /** Of a picture, each of which looks at every other: as many as FG-CLIP 2's authors show. */
  patches: 16_384,
  /** Of a vocabulary, or names of classes. */
  entries: 2_000_000,
  convolutions: 64,
  /** Boxes, regions, crops. */
  regions: 100_000,
  scales: 16,
  templates: 1000,
  nouns: 10_000,
  /** Characters of a name, a template or a pattern. */
  text: 1000,
};

/** A whole number from 1 to `most`. */
export function countTo(most: number) {
  return z.int().positive().max(most, `must be at most ${most}`);
}

/** A text that is not empty, of no more characters than a name or a template can need. */
export const shortText = z
  .string()
  .min(1)
  .max(modelBounds.text, `must have at most ${modelBounds.text} characters`);
