import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { writePieces } from '../../datasets/labels/labelFiles.js';
import type { LabelledImage, LabelSet } from '../../datasets/labels/labelSet.js';
import { UserError } from '../../src/errors.js';
import { writeTextAtomically } from '../../src/files/atomicFile.js';
import { checkJson, parseJson, readJsonFile } from '../../src/files/jsonFile.js';
import { makeFolder } from '../../src/files/makeFolder.js';
import { mostBytes } from '../../src/files/regularFile.js';
import { linesOf } from '../../src/files/textLines.js';
import { type ManifestHead, type ManifestPicture, readManifest } from './manifest.js';

/** What is kept of labels, as far as a damaged file would be taken for something else. */
const setSchema = z
  .looseObject({ categories: z.array(z.looseObject({ name: z.string() })) })
  .nullable();
const imageSchema = z.looseObject({
  file: z.string(),
  width: z.number(),
  height: z.number(),
  boxes: z.array(
    z.looseObject({
      label: z.string(),
      box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
  ),
});

/**
 * The folder beside the labels that holds how they came about: "labels.prelabel" of labels.json.
 * @throws UserError where it is that of labels with another extension, such as labels.xml
 */
export function prelabelFolder(output: string): string {
  const [path, extension] = splitOutput(output);
  const folder = `${path}.prelabel`;
  const owner = runIn(folder)?.extension;
  if (owner === undefined || owner === extension) return folder;
  throw new UserError(
    `${folder} is the folder of ${path}${owner}, and ${path}${extension} would have the same one. ` +
      'Give one of them another name, or delete that folder.',
  );
}

function splitOutput(output: string): [path: string, extension: string] {
  const path = resolve(output);
  const extension = /\.(json|xml)$/i.exec(path)?.[0] ?? '';
  return [path.slice(0, path.length - extension.length), extension];
}

/** Files of that folder. */
export const manifestName = 'manifest.jsonl';
export const journalName = 'pictures';
const runName = 'run.json';
const beforeName = 'before.jsonl';

/** One word for all that decides what a run finds. */
export function runKey(identity: unknown): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

/** The manifest of the last run that came to its end; undefined where there is none. */
export async function lastManifest(
  folder: string,
): Promise<{ head: ManifestHead; pictures: Map<string, ManifestPicture> } | undefined> {
  const file = join(folder, manifestName);
  if (!existsSync(file)) return undefined;
  const { head, pictures } = await readManifest(file);
  return { head, pictures: new Map(pictures.map((picture) => [picture.file, picture])) };
}

/**
 * The folder for what a comparison finds, which must not take the place of what the labels were made of: that
 * itself where it is of the same run, else one inside.
 */
export function comparisonFolder(folder: string, key: string): string {
  return runIn(folder)?.run === key ? folder : join(folder, 'compared');
}

/**
 * Makes the folder ready for a run: what another one found is deleted once that has come to its end.
 * @param output the labels that the folder is of.
 * @param last the key of the last run that came to its end.
 * @param fresh whether what was found before is to be found again.
 * @param passing whether nobody goes on with it once it is stopped, so that it makes room for any other.
 * @throws UserError when another run has not come to its end.
 */
export async function claimFolder(
  folder: string,
  key: string,
  {
    output,
    last,
    fresh,
    passing,
  }: { output: string; last?: string; fresh?: boolean; passing?: boolean },
): Promise<void> {
  makeFolder(folder);
  const { run: current, passing: isPassing } = runIn(folder) ?? {};
  if (current === key && !fresh) return;
  const isEnded = current === undefined || current === key || current === last || isPassing;
  if (!isEnded && !fresh) {
    throw new UserError(
      `${folder} holds a run that was stopped, with another model, labels or settings. Give its command again ` +
        'to end it, or start anew with --fresh.',
    );
  }
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${journalName}-`)) rmSync(join(folder, name));
  }
  forgetBefore(folder);
  const [, extension] = splitOutput(output);
  const run: RunIn = { run: key, extension, ...(passing && { passing }) };
  await writeTextAtomically(join(folder, runName), `${JSON.stringify(run)}\n`);
}

const runSchema = z.object({
  /** The key of the run. */
  run: z.string(),
  /** Of the labels that the folder is of; their name but for that is the folder's. */
  extension: z.string().optional(),
  /** Whether nobody goes on with it once it is stopped. */
  passing: z.boolean().optional(),
});
type RunIn = z.infer<typeof runSchema>;

/** The run whose findings a folder holds. */
function runIn(folder: string): RunIn | undefined {
  const file = join(folder, runName);
  if (!existsSync(file)) return undefined;
  return readJsonFile(file, runSchema, 'a run of prelabel', mostBytes.settings);
}

/**
 * The labels as they were before the run wrote any: they are kept until all are written, so that writing them
 * can be begun again.
 * @returns undefined where there were none.
 */
export async function labelsBefore(
  folder: string,
  read: () => Promise<LabelSet | undefined>,
): Promise<LabelSet | undefined> {
  const file = join(folder, beforeName);
  if (!existsSync(file)) {
    const labels = await read();
    await writePieces(file, pieces(labels));
    return labels;
  }
  let set: Omit<LabelSet, 'images'> | null | undefined;
  const images: LabelledImage[] = [];
  let number = 0;
  for await (const line of linesOf(file)) {
    const where = `${file}: line ${++number}`;
    const value = parseJson(line, where);
    if (number > 1) {
      images.push(checkJson(value, imageSchema, where, 'a picture with labels') as LabelledImage);
    } else set = checkJson(value, setSchema, where, 'what labels have in common');
  }
  if (set === undefined) throw new UserError(`${file} is empty.`);
  return set ? { ...set, images } : undefined;
}

/** Whether they are kept there: all labels were about to be written. */
export function isBeforeKept(folder: string): boolean {
  return existsSync(join(folder, beforeName));
}

function* pieces(labels: LabelSet | undefined): Generator<string> {
  const { images = [], ...set } = labels ?? {};
  yield `${JSON.stringify(labels ? set : null)}\n`;
  for (const image of images) yield `${JSON.stringify(image)}\n`;
}

/** Forgets them: all labels are written. */
export function forgetBefore(folder: string): void {
  rmSync(join(folder, beforeName), { force: true });
}
