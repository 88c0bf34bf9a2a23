import { UserError } from '../src/errors.js';
import { readTextSync } from '../src/files/textFile.js';
import type { CocoDataset, CocoImage } from './coco.js';
import { idInFile } from './cocoIds.js';

/**
 * The pictures of a data set that a list names, such as a "minival" list, in the data set's order.
 * @param list a file of image ids or file names: a JSON list, or a line each.
 * @throws UserError when the list cannot be read, is empty, or names a picture that the data set lacks
 */
export function chooseImages({ file, images }: CocoDataset, list: string): CocoImage[] {
  const byName = new Map<string, CocoImage>();
  for (const image of images) {
    byName.set(String(idInFile(image)), image);
    byName.set(image.file, image);
    byName.set(lastPart(image.file), image);
  }
  const chosen = new Set<CocoImage>();
  for (const name of readNames(list)) {
    const image = byName.get(name) ?? byName.get(lastPart(name));
    if (!image) throw new UserError(`${list} names ${name}, which ${file} does not list.`);
    chosen.add(image);
  }
  if (chosen.size === 0) throw new UserError(`${list} names no pictures.`);
  return images.filter((image) => chosen.has(image));
}

function readNames(list: string): string[] {
  const text = readTextSync(list);
  if (!text.trimStart().startsWith('[')) {
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
  return parseNames(text, list);
}

function parseNames(text: string, list: string): string[] {
  let names: unknown;
  try {
    names = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${list} is not valid JSON: ${(error as Error).message}`);
  }
  return (names as unknown[]).map((name, i) => {
    if (typeof name === 'number' || typeof name === 'string') return String(name);
    throw new UserError(`${list}: entry ${i} is neither an image id nor a file name.`);
  });
}

function lastPart(path: string): string {
  return path.split(/[\\/]/).at(-1)!;
}
