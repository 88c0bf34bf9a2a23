import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { readText } from '../../src/files/textFile.js';
import { pathsInside } from './pictureIndex.js';
import { splitIn, splitNames, splitsOf, type YoloConfig, type YoloSplit } from './yoloConfig.js';
import { isRowText, linesOf } from './yoloText.js';

/**
 * Reads Darknet's `obj.data`: "train = data/train.txt", "names = data/obj.names". Its paths are as seen from where
 * Darknet runs, so what they lead to is looked for by the last parts of them.
 * @throws UserError naming the file and what it lacks
 */
export async function readObjData(file: string): Promise<YoloConfig> {
  const folder = dirname(file);
  const splits: Partial<Record<YoloSplit, string[]>> = {};
  let names = '';
  for (const line of linesOf(await readText(file))) {
    const at = line.indexOf('=');
    const [key, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    if (at < 0 || value === '' || !/^\w+$/.test(key)) continue;
    if (key === 'names') names = value;
    // datumaro has its parts in other names, too.
    else if (/\.txt$/i.test(value)) {
      const split = splitIn(key) ?? 'train';
      splits[split] ??= [];
      splits[split].push(value);
    }
  }
  const namesFile = pathsInside(names || 'obj.names').find((path) =>
    existsSync(join(folder, path)),
  );
  if (namesFile === undefined) {
    throw new UserError(`${file}: names: there is no ${names || 'obj.names'} in ${folder}.`);
  }
  const categories = await readNames(join(folder, namesFile));
  return { splits, categories, keypointNumbers: 0, isDarknet: true };
}

/**
 * Reads a list of names, a line each, as Label Studio's `classes.txt` and Darknet's `obj.names`; and what lists of
 * pictures there are in the data set's folder.
 * @throws UserError for a list without names
 */
export async function readNamesList(file: string, folder: string): Promise<YoloConfig> {
  const categories = await readNames(file);
  const lists = new Set<string>();
  for (const name of [...Object.values(splitNames).flat(), 'images']) {
    const list = join(folder, `${name}.txt`);
    if (existsSync(list) && isPictureList(await readText(list))) lists.add(name);
  }
  const splits = splitsOf((name) => (lists.has(name) ? [`${name}.txt`] : []));
  // FiftyOne's list of all.
  if (lists.has('images') && lists.size === 1) splits.train = ['images.txt'];
  return { splits, categories, keypointNumbers: 0, isDarknet: true };
}

/** Rather than the labels of a picture that is called "train". */
function isPictureList(text: string): boolean {
  return text.trim() !== '' && !isRowText(text);
}

async function readNames(file: string): Promise<YoloConfig['categories']> {
  const lines = linesOf(await readText(file)).map((line) => line.trim());
  // An empty line has its number, too.
  const categories = lines.map((name, id) => ({ id, name })).filter(({ name }) => name !== '');
  if (categories.length > 0) return categories;
  throw new UserError(`${file} has no names of categories.`);
}
