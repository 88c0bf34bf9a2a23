import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { UserError } from '../../src/errors.js';
import { writeAtomically } from '../../src/files/atomicFile.js';
import { filesBelow, linksNotFollowed } from '../../src/files/filesBelow.js';
import { makeFolder } from '../../src/files/makeFolder.js';
import { systemCode, systemReason } from '../../src/files/systemReason.js';
import { cannotRead } from '../../src/files/textFile.js';
import type { LabelFile, LabelFileOptions, LabelFormat, LabelWriteOptions } from './labelFormat.js';
import type { LabelledImage, LabelSet } from './labelSet.js';
import type { ReadingNotes } from './readingNotes.js';
import { stemOf } from './stems.js';

/** Characters that are gathered before they are written. */
const pieceLength = 1 << 16;
/** Files that are written at a time: each waits for the disk. */
const filesAtOnce = 16;

/** Writes a file piece by piece, so that there is either a complete file or what was there before. */
export async function writePieces(path: string, pieces: Iterable<string>): Promise<void> {
  const writing = writeAtomically(path, async (file) => {
    let gathered = '';
    for (const piece of pieces) {
      gathered += piece;
      if (gathered.length < pieceLength) continue;
      await file.writeFile(gathered);
      gathered = '';
    }
    await file.writeFile(gathered);
  });
  await writing.catch((error) => {
    throw cannotWrite(path, error);
  });
}

/** As `writePieces`, for a file that the user named: a link stays one, and the file that it leads to is written. */
export async function writeNamed(path: string, pieces: Iterable<string>): Promise<void> {
  await writePieces(await realpath(path).catch(() => path), pieces);
}

/** The entries of a JSON list, one a line, and its closing bracket. */
export function* jsonLines(entries: Iterable<unknown>): Generator<string> {
  let separator = '\n';
  for (const entry of entries) {
    yield `${separator}${JSON.stringify(entry)}`;
    separator = ',\n';
  }
  yield separator === '\n' ? ']' : '\n]';
}

/** Path of a picture's labels: "a/b.json" or, where another picture could have that too, "a/b.png.json". */
export function labelPath(file: string, extension: string, sameStem?: boolean): string {
  const stem = stemOf(file);
  return `${sameStem ? file : stem}${extension}`;
}

/**
 * Tells of each picture of a set whether another has its path but for the extension.
 * @throws UserError for a picture whose labels would then have the file of a third
 */
export function sameStems(images: Iterable<LabelledImage>): (image: LabelledImage) => boolean {
  const once = new Set<string>();
  const again = new Set<string>();
  for (const { file } of images) {
    const stem = stemOf(file);
    (once.has(stem) ? again : once).add(stem);
  }
  return ({ file }) => {
    const isSame = again.has(stemOf(file));
    if (!isSame || !once.has(file)) return isSame;
    throw new UserError(`${file}: another picture has the file that its labels would be in.`);
  };
}

/**
 * The file of each picture of a set.
 * @throws UserError for one that cannot be written
 */
export function* labelFiles(
  fileOf: NonNullable<LabelFormat['fileOf']>,
  set: LabelSet,
  options: LabelFileOptions = {},
): Generator<LabelFile> {
  const isSame = sameStems(set.images);
  for (const image of set.images) {
    const file = fileOf(image, set, { ...options, sameStem: isSame(image) });
    checkNames(file.path);
    yield file;
  }
}

/** The bytes that nearly all disks allow the name of a file. */
const mostNameBytes = 255;

function checkNames(path: string): void {
  const long = path.split('/').find((name) => Buffer.byteLength(name) > mostNameBytes);
  if (long === undefined) return;
  throw new UserError(
    `The name of the labels' file ${JSON.stringify(long)} would be longer than ${mostNameBytes} bytes. ` +
      'Give the picture a shorter name.',
  );
}

/** Writes a file for each picture of a set. */
export async function writeLabelFiles(
  fileOf: NonNullable<LabelFormat['fileOf']>,
  set: LabelSet,
  output: string,
  options: LabelWriteOptions = {},
): Promise<void> {
  const write = ({ path, text }: LabelFile) => writePieces(join(output, path), [text]);
  try {
    makeFolder(output);
  } catch (error) {
    throw cannotWrite(output, error);
  }
  await pMap(labelFiles(fileOf, set, { ...options, output }), write, { concurrency: filesAtOnce });
}

/**
 * Paths of a folder's files, with "/" between their parts, in order; links to folders are not followed.
 * @param extension those that are wanted.
 * @param notes is told of such links.
 * @throws UserError when the folder cannot be read
 */
export async function listFiles(
  folder: string,
  extension: RegExp,
  notes?: ReadingNotes,
): Promise<string[]> {
  let links = 0;
  try {
    return filesBelow(folder, () => links++).filter((path) => extension.test(path));
  } catch (error) {
    throw cannotRead(folder, error);
  } finally {
    if (links > 0) notes?.say(`${linksNotFollowed(links)} in ${folder}.`);
  }
}

/** The file itself or, for a folder, the file of that name in it. */
export async function fileOrIn(path: string, name: string): Promise<string> {
  return (await isFolder(path)) ? join(path, name) : path;
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** Errors of the system are said in words; others are what they were. */
function cannotWrite(path: string, error: unknown): unknown {
  if (systemCode(error) === undefined || error instanceof UserError) return error;
  return new UserError(`Cannot write ${path}: ${systemReason(error)}`, { cause: error });
}
