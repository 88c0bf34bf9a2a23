import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { writePieces } from '../../datasets/labels/labelFiles.js';
import type { LabelledImage, LabelSet } from '../../datasets/labels/labelSet.js';
import { UserError } from '../../src/errors.js';
import { writeTextAtomically } from '../../src/files/atomicFile.js';
import { parseJson } from '../../src/files/jsonFile.js';
import { type ManifestHead, type ManifestPicture, readManifest } from './manifest.js';

/** The folder beside the labels that holds how they came about: "labels.prelabel". */
export function prelabelFolder(output: string): string {
  const path = resolve(output);
  return join(dirname(path), `${basename(path).replace(/\.(json|xml)$/i, '')}.prelabel`);
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
export async function comparisonFolder(folder: string, key: string): Promise<string> {
  return (await keyIn(folder)) === key ? folder : join(folder, 'compared');
}

/**
 * Makes the folder ready for a run: what another one found is deleted once that has come to its end.
 * @param last the key of the last run that came to its end.
 * @param fresh whether what was found before is to be found again.
 * @throws UserError when another run has not come to its end.
 */
export async function claimFolder(
  folder: string,
  key: string,
  { last, fresh }: { last?: string; fresh?: boolean },
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const current = await keyIn(folder);
  if (current === key && !fresh) return;
  if (current !== undefined && current !== key && current !== last && !fresh) {
    throw new UserError(
      `${folder} holds a run that was stopped, with another model, labels or settings. Give its command again ` +
        'to end it, or start anew with --fresh.',
    );
  }
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${journalName}-`)) rmSync(join(folder, name));
  }
  forgetBefore(folder);
  await writeTextAtomically(join(folder, runName), `${JSON.stringify({ run: key })}\n`);
}

/** The key of the run whose findings a folder holds. */
async function keyIn(folder: string): Promise<string | undefined> {
  const file = join(folder, runName);
  if (!existsSync(file)) return undefined;
  return String((parseJson(await readFile(file), file) as { run?: unknown } | null)?.run);
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
  const handle = await open(file);
  let set: Omit<LabelSet, 'images'> | null | undefined;
  const images: LabelledImage[] = [];
  for await (const line of handle.readLines()) {
    if (set === undefined) set = JSON.parse(line) as Omit<LabelSet, 'images'> | null;
    else images.push(JSON.parse(line) as LabelledImage);
  }
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
