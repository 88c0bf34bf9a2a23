import { lstat, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UserError } from '../../src/errors.js';
import { makeFolder } from '../../src/files/makeFolder.js';
import { idByName } from './categories.js';
import { dataYamlText } from './dataYaml.js';
import { writeLabelFiles, writePieces } from './labelFiles.js';
import { type LabelFormatDefinition, type LabelWriteOptions, restIn } from './labelFormat.js';
import type { LabelCategory, LabelledImage, LabelSet } from './labelSet.js';
import { readYolo } from './readYolo.js';
import { type YoloSplit, yoloSplits } from './yoloConfig.js';
import { yoloPlace } from './yoloLayout.js';
import { yoloRows } from './yoloRows.js';
import { linesOf } from './yoloText.js';

/**
 * Ultralytics' data sets for detection: `data.yaml`, a list of pictures for each split (`train.txt`), and a
 * file of rows for each picture; and `classes.txt`, which Label Studio's converter asks for. Pictures are listed, rather than a folder of them named, because Ultralytics
 * resolves a folder's links and then looks for labels beside the pictures; entries of a list it leaves as
 * they are.
 */
export const yoloFormat: LabelFormatDefinition = {
  name: 'yolo',
  folder: true,
  extension: '.txt',
  scores: false,
  attributes: [],
  read: readYolo,
  write: writeYolo,
  fileOf: (image, set, { sameStem } = {}) => {
    if (sameStem) {
      throw new UserError(
        `${image.file}: another picture has the same name but for its extension, and YOLO has one file of ` +
          'labels for both. Rename one of them.',
      );
    }
    return { path: yoloPlace(image.file).labels, text: rowsOf(image, set) };
  },
  shapes: ({ boxes }) => boxes.flatMap(({ rest }) => (rest?.keypoints ? ['set of keypoints'] : [])),
};

/** Trainers take categories to be numbered from 0 without gaps; other numbers are not kept. */
function idsOf(categories: readonly LabelCategory[]): number[] {
  const ids = categories.map(({ id }) => id);
  const isComplete =
    new Set(ids).size === ids.length &&
    ids.every((id) => id !== undefined && id >= 0 && id < ids.length);
  return isComplete ? (ids as number[]) : categories.map((_, place) => place);
}

function rowsOf(image: LabelledImage, set: Pick<LabelSet, 'categories' | 'format'>): string {
  const rest = restIn('yolo', set);
  const id = idByName(set.categories, idsOf(set.categories));
  const rows = yoloRows(image.boxes, rest, image);
  return image.boxes.map(({ label }, i) => `${id(label, image)} ${rows[i]}\n`).join('');
}

async function writeYolo(set: LabelSet, output: string, options: LabelWriteOptions = {}) {
  await writeLabelFiles(yoloFormat.fileOf!, set, output, options);
  const splits = await writeLists(set, output);
  if (options.images !== undefined) {
    for (const [link, target] of linksOf(set)) {
      await linkPictures(join(output, link), join(options.images, target));
    }
  }
  const [first = 'train'] = splits;
  const listOf = (split: YoloSplit) => (splits.includes(split) ? split : first);
  // Trainers want both; a set without splits is its own validation set.
  const named = yoloSplits.filter((split) => split !== 'test' || splits.includes(split));
  const ids = idsOf(set.categories);
  const names = set.categories
    .map(({ name }, i) => [ids[i], name] as const)
    .toSorted(([a], [b]) => a - b);
  const text = dataYamlText(
    options.movable ? undefined : resolve(output),
    new Map(names),
    named.map((split) => ({ split, file: `${listOf(split)}.txt` })),
    withoutUnlabelled(restIn('yolo', set)(set)),
  );
  await writePieces(join(output, 'data.yaml'), [text]);
  await writeNames(
    join(output, 'classes.txt'),
    names.map(([, name]) => name),
  );
}

/** A line each, unless a name has several. */
async function writeNames(file: string, names: readonly string[]): Promise<void> {
  if (names.some((name) => linesOf(name).length > 1)) await rm(file, { force: true });
  else
    await writePieces(
      file,
      names.map((name) => `${name}\n`),
    );
}

function withoutUnlabelled({ unlabelled: _, ...rest }: Readonly<Record<string, unknown>>) {
  return rest;
}

/** A picture of a data set that has no file of labels: nobody looked at it. */
export interface UnlabelledPicture {
  file: string;
  split: YoloSplit;
}

function* picturesOf(set: LabelSet): Generator<UnlabelledPicture> {
  const rest = restIn('yolo', set);
  for (const image of set.images) {
    yield { file: image.file, split: (rest(image).split as YoloSplit | undefined) ?? 'train' };
  }
  yield* (rest(set).unlabelled as UnlabelledPicture[] | undefined) ?? [];
}

/** @returns the splits that have pictures */
async function writeLists(set: LabelSet, output: string): Promise<YoloSplit[]> {
  const present = new Set<YoloSplit>();
  for (const { split } of picturesOf(set)) present.add(split);
  const splits = yoloSplits.filter((split) => present.has(split));
  for (const split of splits.length > 0 ? splits : (['train'] as const)) {
    await writePieces(join(output, `${split}.txt`), lines(split));
  }
  return splits;

  function* lines(wanted: YoloSplit): Generator<string> {
    for (const { file, split } of picturesOf(set)) {
      if (split === wanted) yield `./${yoloPlace(file).picture}\n`;
    }
  }
}

function linksOf(set: LabelSet): Map<string, string> {
  const links = new Map<string, string>();
  for (const { file } of picturesOf(set)) {
    const { link, target } = yoloPlace(file);
    links.set(link, target);
  }
  return links;
}

/**
 * Makes a link to a folder, relative so that both can be moved. Where links cannot be made, such as on Windows
 * without the right to, there is none: `data.yaml` says what to do.
 * @throws UserError when something else is there
 */
async function linkPictures(link: string, target: string): Promise<void> {
  const existing = await lstat(link).catch(() => undefined);
  if (existing && !existing.isSymbolicLink()) {
    if ((await realpath(link)) === (await realpath(target).catch(() => ''))) return;
    throw new UserError(`${link} is in the way: a link to the pictures, ${target}, belongs there.`);
  }
  makeFolder(dirname(link));
  const path = relative(
    await realpath(dirname(link)),
    await realpath(target).catch(() => resolve(target)),
  );
  if (existing) {
    if ((await readlink(link)) === path) return;
    await rm(link);
  }
  await symlink(path, link, 'dir').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPERM' && error.code !== 'ENOSYS') throw error;
  });
}
