import { z } from 'zod';
import { isInside } from '../../datasets/labels/stems.js';
import { UserError } from '../../src/errors.js';
import { writeAtomically } from '../../src/files/atomicFile.js';
import { checkJson, parseJson } from '../../src/files/jsonFile.js';
import { linesOf } from '../../src/files/textLines.js';

const place = z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly();

const boxSchema = z.object({
  label: z.string(),
  /** x1, y1, x2, y2 in pixels. */
  box: place,
  score: z.number().optional(),
  /** Whether a run made it and nobody has touched it since. */
  own: z.boolean().optional(),
});

const pictureSchema = z.object({
  /** Path inside the folder of pictures. */
  file: z.string().refine(isInside, 'must be a path inside the folder of pictures'),
  width: z.number().optional(),
  height: z.number().optional(),
  /** `kept`: not looked at in this run, its labels were there. */
  status: z.enum(['found', 'empty', 'failed', 'kept']),
  error: z.string().optional(),
  /** What the run found, whatever was there before. */
  found: z.array(boxSchema).default([]),
  /** What the label file says after the run. */
  boxes: z.array(boxSchema).default([]),
  /** What earlier runs had found and somebody has deleted. */
  deleted: z.array(boxSchema).optional(),
});

/** What a manifest says of a picture. */
export type ManifestPicture = z.infer<typeof pictureSchema>;

const headSchema = z.object({
  fgdet: z.string(),
  /** A digest of all that decides what is found. */
  run: z.string(),
  format: z.string(),
  output: z.string(),
  images: z.string(),
  existing: z.string(),
  labels: z.array(
    z.object({
      name: z.string(),
      id: z.number().optional(),
      phrasings: z.array(z.string()),
      exampleFiles: z.array(z.string()).optional(),
      threshold: z.number(),
      /** How many showed it, and how many did not though they look alike. */
      examples: z.number().optional(),
      negativeExamples: z.number().optional(),
    }),
  ),
  model: z.record(z.string(), z.unknown()),
  options: z.record(z.string(), z.unknown()),
  /** What found the boxes, as formats say it. */
  modelVersion: z.string(),
  labelStudio: z
    .object({
      fromName: z.string().optional(),
      toName: z.string().optional(),
      rectangle: z.string().optional(),
      furtherTags: z
        .array(
          z.object({
            ...{ fromName: z.string(), rectangle: z.string().optional() },
            labels: z.array(z.string()),
          }),
        )
        .optional(),
      imageField: z.string().optional(),
      urlPrefix: z.string().optional(),
    })
    .optional(),
});

/** What a manifest begins with: all that made the labels. */
export type ManifestHead = z.infer<typeof headSchema>;

/** Writes a manifest: JSON lines, the head first. */
export async function writeManifest(
  file: string,
  head: ManifestHead,
  pictures: Iterable<ManifestPicture>,
): Promise<void> {
  await writeAtomically(file, async (handle) => {
    let lines = [JSON.stringify(head)];
    for (const picture of pictures) {
      lines.push(JSON.stringify(picture));
      if (lines.length < 1000) continue;
      await handle.writeFile(`${lines.join('\n')}\n`);
      lines = [];
    }
    if (lines.length > 0) await handle.writeFile(`${lines.join('\n')}\n`);
  });
}

/**
 * Reads a manifest.
 * @throws UserError naming the file and the line.
 */
export async function readManifest(
  file: string,
): Promise<{ head: ManifestHead; pictures: ManifestPicture[] }> {
  let head: ManifestHead | undefined;
  const pictures: ManifestPicture[] = [];
  let number = 0;
  for await (const line of linesOf(file)) {
    const where = `${file}: line ${++number}`;
    const value = parseJson(line, where);
    if (head) pictures.push(checkJson(value, pictureSchema, where, 'a picture of a manifest'));
    else head = checkJson(value, headSchema, where, 'the head of a manifest');
  }
  if (!head) throw new UserError(`${file} is empty.`);
  return { head, pictures };
}
