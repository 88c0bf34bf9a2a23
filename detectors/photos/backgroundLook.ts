import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from '../../src/files/jsonFile.js';
import { mostBytes } from '../../src/files/regularFile.js';

/**
 * The mean look of regions that show nothing in particular, from a model folder's looks.json; zeros without one.
 * @param width of a look.
 * @throws UserError naming the file and what is wrong with it
 */
export function readBackgroundLook(folder: string, width: number): Float32Array {
  const file = join(folder, 'looks.json');
  if (!existsSync(file)) return new Float32Array(width);
  const schema = z.strictObject({ background: z.array(z.number()).length(width) });
  const what = "a photo model's looks";
  return Float32Array.from(readJsonFile(file, schema, what, mostBytes.settings).background);
}
