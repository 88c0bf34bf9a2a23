import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../src/errors.js';
import { readText } from '../../src/files/textFile.js';
import { whatIsAt } from '../../src/files/whatIsAt.js';
import { listFiles } from './labelFiles.js';
import type { ReadContext } from './labelFormat.js';
import { pathsInside } from './pictureIndex.js';
import { picture } from './pictureSizes.js';
import { counted } from './readingNotes.js';
import { withoutExtension } from './stems.js';
import { splitIn, splitNames, type YoloConfig, type YoloSplit, yoloSplits } from './yoloConfig.js';
import { fileAtYoloPlace, yoloLabelsOf } from './yoloLayout.js';
import { isRowText, linesOf } from './yoloText.js';

/** A picture of a YOLO data set. */
export interface YoloPicture {
  /** Inside the folder of pictures. */
  file: string;
  /** Where it can be read. */
  path: string;
  /** Its file of labels, where it has one. */
  labels?: string;
  split: YoloSplit;
}

/** What a data set is found with. */
interface Source {
  config: YoloConfig;
  /** The file that says what the data set is, for messages. */
  configFile: string;
  root: string;
  context: ReadContext;
}

/**
 * The pictures of a data set, each once, and where their labels are. What Ultralytics resolves is resolved as it does;
 * beyond that, paths of another machine by their last parts, and pictures that lie elsewhere in `--images`.
 * @param folder of the file that says what the data set is.
 * @throws UserError for a listed picture that is nowhere, and where there is none at all
 */
export async function yoloPictures(
  config: YoloConfig,
  { configFile, folder }: { configFile: string; folder: string },
  context: ReadContext,
): Promise<YoloPicture[]> {
  const source = { config, configFile, root: rootOf(config, folder), context };
  const found: YoloPicture[] = [];
  const absent: string[] = [];
  const read = new Set<string>();
  let lists = 0;
  for (const { split, entry, where } of entriesOf(source)) {
    const place = placeOf(entry, where, source);
    // A set without splits is its own validation set.
    if (read.has(place ?? entry)) continue;
    read.add(place ?? entry);
    const isList = place !== undefined && !isFolderAt(place);
    if (isList) lists++;
    const pictures = isList
      ? await listed(place, split, source)
      : await inFolder(place ?? labelledPlace(entry, source), split, source);
    if (pictures.length === 0 && !isList) {
      absent.push(
        `${where} names ${entry}, which ${place ? 'has no pictures' : 'does not exist'}.`,
      );
    }
    for (const each of pictures) found.push(each);
  }
  // An empty list is a data set without pictures.
  if (found.length === 0 && lists === 0) throw nothingFound(absent, source);
  for (const sentence of absent) context.notes.say(sentence);
  return once(found, source);
}

/** The entries of the parts; where none is named, the folders that there usually are. */
function* entriesOf({ config, configFile, root }: Source) {
  let any = false;
  for (const split of yoloSplits) {
    for (const entry of config.splits[split] ?? []) {
      any = true;
      yield { split, entry, where: `${configFile}: ${split}` };
    }
  }
  if (any) return;
  const has = (folder: string) => isFolderAt(join(root, folder));
  const names = ['', ...Object.values(splitNames).flat()];
  const folders = names
    .map((name) => ({ name, images: join(name, 'images'), labels: join(name, 'labels') }))
    .filter(({ images, labels }) => has(images) || has(labels));
  for (const { name, images } of folders) {
    yield { split: splitIn(name), entry: images, where: configFile };
  }
  if (folders.length === 0) yield { split: undefined, entry: '.', where: configFile };
}

/**
 * The data set's folder: `path`, or that of data.yaml where more of the pictures are there, as after moving it.
 */
function rootOf({ path, splits }: YoloConfig, own: string): string {
  if (path === undefined) return own;
  const said = resolve(own, path);
  const entries = Object.values(splits).flat();
  const placesIn = (folder: string) =>
    entries.filter((entry) => literalPlaces(entry, folder).some(existsSync)).length;
  const isRelative = said !== path;
  const [first, second] = isRelative ? [said, own] : [own, said];
  if (entries.length === 0) return existsSync(said) ? said : own;
  return placesIn(second) > placesIn(first) ? second : first;
}

/** Where Ultralytics looks: a leading "../" is left out where nothing is there. */
function literalPlaces(entry: string, root: string): string[] {
  const inside = entry.replaceAll('\\', '/').replace(/^(\.{0,2}\/)+/, '');
  return [resolve(root, entry), resolve(root, inside)];
}

/** Where the folder or list of an entry is. */
function placeOf(
  entry: string,
  where: string,
  { config, root, context }: Source,
): string | undefined {
  const literal = literalPlaces(entry, root).find(existsSync);
  if (literal !== undefined) return literal;
  // Only a whole path can be one of another machine.
  const isElsewhere = config.isDarknet || /^([a-z]:)?[\\/]/i.test(entry);
  const inside = isElsewhere && pathsInside(entry).find((path) => existsSync(join(root, path)));
  if (!inside) return undefined;
  if (!config.isDarknet) context.notes.say(`${where} names ${entry}; read ${inside} instead.`);
  return join(root, inside);
}

/** Where a folder of pictures would be that is not there: where its labels are. */
function labelledPlace(entry: string, { root }: Source): string {
  const places = literalPlaces(entry, root);
  return places.find((place) => isFolderAt(labelFolderOf(place))) ?? places[0];
}

function labelFolderOf(place: string): string {
  return dirname(yoloLabelsOf(slashed(join(place, 'picture.jpg'))));
}

/** The pictures of a folder and, in `--images`, those that only have labels here. */
async function inFolder(
  place: string,
  split: YoloSplit | undefined,
  source: Source,
): Promise<YoloPicture[]> {
  const { config, context } = source;
  const { pictures: index, notes } = context;
  if (dirname(resolve(place)) === resolve(place)) {
    throw new UserError(
      `${place} cannot be a folder of pictures: all files of this machine are below it.`,
    );
  }
  const files = existsSync(place) ? await listFiles(place, picture, notes) : [];
  const splitOf = (file: string) => split ?? splitIn(file) ?? 'train';
  const found: YoloPicture[] = files.map((file) => {
    const path = slashed(join(place, file));
    const labels = labelsOf([slashed(join(realpathSync(place), file)), path], config);
    return {
      ...{ file: fileOf(path, source), path, split: splitOf(file) },
      ...(labels && { labels }),
    };
  });
  const known = new Set(found.map(({ labels }) => labels));
  let without = 0;
  for (const { stem, labels } of await labelsIn(place)) {
    if (known.has(labels)) continue;
    const file = index.find(stem);
    if (file === undefined) without++;
    else found.push({ file, path: join(index.folder!, file), labels, split: splitOf(stem) });
  }
  if (without > 0 && found.length === 0) {
    const where =
      index.folder === undefined
        ? 'Name the folder of pictures (--images)'
        : `${index.folder} has none of them`;
    throw new UserError(
      `${place} has no pictures for ${counted(without, 'file of labels')}. ${where}.`,
    );
  }
  if (without > 0) notes.leaveOut('file of labels without a picture', without);
  return found;
}

/** The files of labels of a folder of pictures, and the paths of the pictures in there without extension. */
async function labelsIn(place: string): Promise<{ stem: string; labels: string }[]> {
  const folder = labelFolderOf(place);
  if (!isFolderAt(folder)) return [];
  const files = (await listFiles(folder, /\.txt$/i)).filter((file) => file !== 'classes.txt');
  const found: { stem: string; labels: string }[] = [];
  for (const file of files) {
    const labels = slashed(join(folder, file));
    // Beside pictures there can be any text.
    if (folder === slashed(place) && !isRowText(await readText(labels))) continue;
    found.push({ stem: withoutExtension(file), labels });
  }
  return found;
}

/** The pictures of a list. */
async function listed(
  list: string,
  split: YoloSplit | undefined,
  source: Source,
): Promise<YoloPicture[]> {
  const found: YoloPicture[] = [];
  for (const [i, text] of linesOf(await readText(list)).entries()) {
    const line = text.trim();
    if (line === '' || (line.startsWith('#') && !picture.test(line))) continue;
    const { labels, path } = listedAt(line, list, source);
    if (path === undefined) {
      const hint =
        source.context.images === undefined ? ' Name the folder of pictures (--images).' : '';
      throw new UserError(`${list}, line ${i + 1} names ${line}, which does not exist.${hint}`);
    }
    found.push({
      ...{ file: fileOf(path, source), path, split: split ?? 'train' },
      ...(labels && { labels }),
    });
  }
  if (found.length === 0) source.context.notes.say(`${list} lists no pictures.`);
  return found;
}

/** Where a listed picture and its labels are. */
function listedAt(line: string, list: string, { root, config, context }: Source) {
  const folders = line.startsWith('./') ? [dirname(list), root] : [root, dirname(list)];
  const places = [
    ...folders.map((folder) => resolve(folder, line)),
    resolve(line),
    ...pathsInside(line).flatMap((path) => folders.map((folder) => join(folder, path))),
  ].map(slashed);
  const path = places.find((place) => existsSync(place));
  if (path !== undefined) return { path, labels: labelsOf([path], config) };
  const { pictures } = context;
  const file = pictures.find(line);
  return {
    path: file === undefined ? undefined : join(pictures.folder!, file),
    labels: labelsOf(places, config),
  };
}

/** The file of labels that there is for a picture that can be at these places. */
function labelsOf(places: readonly string[], { isDarknet }: YoloConfig): string | undefined {
  const files = places.map(yoloLabelsOf);
  const beside = isDarknet ? places.map((place) => `${withoutExtension(place)}.txt`) : [];
  return [...files, ...beside].find((file) => existsSync(file));
}

/** Path inside the folder of pictures, which is `--images`, or the data set's own of that name, or its folder. */
function fileOf(path: string, { root, context: { images } }: Source): string {
  const inRoot = relativeIn(root, path);
  const placed = inRoot && fileAtYoloPlace(inRoot);
  // The data set may lie in the folder of pictures and have a link to it.
  const inImages =
    images === undefined
      ? undefined
      : relativeIn(realpathSync(images), join(realpathSync(dirname(path)), basename(path)));
  return inImages ?? placed ?? inRoot ?? path.split('/').at(-1)!;
}

function relativeIn(folder: string, path: string): string | undefined {
  const inside = slashed(relative(folder, path));
  return inside.startsWith('../') || resolve(inside) === inside ? undefined : inside;
}

/**
 * Each picture once.
 * @throws UserError for a picture with two files of labels
 */
function once(found: readonly YoloPicture[], { context }: Source): YoloPicture[] {
  const all = new Map<string, YoloPicture>();
  for (const each of found) {
    const file = context.pictures.fileOf(each.file);
    const other = all.get(file);
    if (other === undefined) all.set(file, each);
    else if (other.labels !== each.labels) {
      const [first, second] = [other, each].map(({ labels, path }) => labels ?? path);
      throw new UserError(
        `${first} and ${second} are both of ${file}. Name a folder that tells their pictures apart (--images).`,
      );
    }
  }
  return [...all.values()];
}

function nothingFound(absent: readonly string[], { config, configFile, root }: Source): UserError {
  if (Object.keys(config.splits).length > 0) return new UserError(absent.join(' '));
  return new UserError(
    `${configFile} names no split (train, val or test), and ${root} has no pictures and no labels.`,
  );
}

function isFolderAt(path: string): boolean {
  return whatIsAt(path) === 'folder';
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
