import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { readJsonFile } from '../src/files/jsonFile.js';
import { whatIsAt } from '../src/files/whatIsAt.js';

/** Pictures that each show one class. */
export interface ImageFolder {
  /** Names of the classes. */
  classes: string[];
  /** Paths of the pictures, and their classes, as indices. */
  images: { file: string; label: number }[];
}

const picture = /\.(jpe?g|png|webp|tiff?|gif|avif)$/i;

/**
 * Reads a folder that has a folder of pictures for each class, as ImageNet's validation set is usually laid
 * out. Folders stand for the classes in the order of their names; where all names are numbers, as in
 * ImageNet-v2, they are the classes' places.
 * @param classes a file with a JSON list of the classes' names in that order. Default: the folders' names,
 *   underscores as spaces.
 * @throws UserError for a folder without pictures, a link among the folders, and a list that does not fit
 */
export function readImageFolder(folder: string, classes?: string): ImageFolder {
  const folders = foldersIn(folder);
  const numbered = folders.length > 0 && folders.every((name) => /^\d+$/.test(name));
  const names =
    classes === undefined
      ? folders.map((name) => name.replaceAll('_', ' '))
      : readJsonFile(classes, z.array(z.string().min(1)).min(1), 'a list of class names');
  const labelOf = (name: string, place: number) =>
    numbered && classes !== undefined ? Number(name) : place;
  if (classes !== undefined && !numbered && names.length !== folders.length) {
    throw new UserError(
      `${classes} names ${names.length} classes, but ${folder} has folders for ${folders.length}.`,
    );
  }
  const images = folders.flatMap((name, place) => {
    const label = labelOf(name, place);
    if (label >= names.length) {
      throw new UserError(`${folder} has a class ${name}, but ${classes} names ${names.length}.`);
    }
    return readdirSync(join(folder, name))
      .filter((file) => picture.test(file))
      .sort()
      .map((file) => ({ file: join(folder, name, file), label }));
  });
  if (images.length === 0) throw new UserError(`${folder} has no folders of pictures.`);
  return { classes: names, images };
}

/** Names of the folders in a folder; links are no classes, and without them other classes would be meant. */
function foldersIn(folder: string): string[] {
  const folders: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) folders.push(entry.name);
    else if (entry.isSymbolicLink() && whatIsAt(path) === 'folder') {
      throw new UserError(`${path} is a link, which is not followed. Put the folder itself there.`);
    }
  }
  return folders.sort();
}
