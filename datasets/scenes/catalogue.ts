import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../src/files/packageRoot.js';

const thingSchema = z.strictObject({
  name: z.string(),
  /** Its name in the icon sets. */
  icon: z.string(),
  article: z.enum(['a', 'an', 'some']),
  /** Null for words that are not counted (popcorn) or only in pairs (jeans). */
  plural: z.string().nullable(),
  /** The verb of a word without singular. */
  verb: z.enum(['is', 'are']).optional(),
  /** False where the drawings do not agree on which way is up, or nobody could tell. */
  turns: z.boolean().default(true),
  /** Styles whose drawing shows something else. */
  except: z.array(z.string()).default([]),
});

const styleSchema = z.strictObject({
  name: z.string(),
  package: z.string(),
  author: z.string(),
  licence: z.string(),
  use: z.enum(['train', 'unseen']),
});

const paletteSchema = z.strictObject({
  /** Shades that the darkest, the middle and the lightest tone of a drawing turn into. */
  colours: z.record(z.string(), z.tuple([z.string(), z.string(), z.string()])),
  outlines: z.record(z.string(), z.string()),
  backgrounds: z.record(z.string(), z.string()),
});

/** Something a scene can show. */
export type Thing = z.infer<typeof thingSchema>;

/** A way of drawing things: one icon set. */
export type Style = z.infer<typeof styleSchema>;

/** The things, in the order of their category numbers (from 1). */
export const things: readonly Thing[] = z.array(thingSchema).parse(readConfig('things'));

/** The drawing styles, and which of them training may see. */
export const styles: readonly Style[] = z.array(styleSchema).parse(readConfig('styles'));

/** The shades of tints, outlines and backgrounds. */
export const palette = paletteSchema.parse(readConfig('attributes'));

function readConfig(name: string): unknown {
  return JSON.parse(readFileSync(join(packageRoot, 'configs', 'scenes', `${name}.json`), 'utf8'));
}
