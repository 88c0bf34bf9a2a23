import { existsSync } from 'node:fs';
import { appendFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checkJson, parseJson } from '../../src/files/jsonFile.js';
import { mostBytes, readWholeSync } from '../../src/files/regularFile.js';
import { decodeText } from '../../src/files/textFile.js';

const name = 'reviewed.jsonl';

const entrySchema = z.object({
  /** Path inside the folder of pictures. */
  file: z.string(),
  /** What it shows, as whoever checked it has left it. */
  boxes: z.array(
    z.object({
      label: z.string(),
      /** x1, y1, x2, y2 in pixels. */
      box: z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly(),
      score: z.number().optional(),
    }),
  ),
});

/** A picture that somebody has checked. */
export type ReviewedEntry = z.infer<typeof entrySchema>;

/**
 * The pictures that somebody has checked, of which runs keep off, by their files.
 * @param folder beside the labels.
 * @throws UserError naming a broken line.
 */
export function reviewedPictures(folder: string): Map<string, ReviewedEntry> {
  const file = join(folder, name);
  const entries = new Map<string, ReviewedEntry>();
  if (!existsSync(file)) return entries;
  // The last line is empty, or was cut off.
  const lines = decodeText(readWholeSync(file, mostBytes.text), file).split('\n').slice(0, -1);
  for (const [i, line] of lines.entries()) {
    const where = `${file}: line ${i + 1}`;
    const entry = checkJson(
      parseJson(line, where),
      entrySchema,
      where,
      'a picture that was checked',
    );
    entries.set(entry.file, entry);
  }
  return entries;
}

/** Writes down that a picture was checked. */
export async function addReviewed(folder: string, entry: ReviewedEntry): Promise<void> {
  const file = join(folder, name);
  if (existsSync(file)) {
    const content = readWholeSync(file, mostBytes.text);
    // A line that was cut off goes, so that this one begins a line.
    await truncate(file, content.lastIndexOf('\n') + 1);
  }
  await appendFile(file, `${JSON.stringify(entry)}\n`);
}
