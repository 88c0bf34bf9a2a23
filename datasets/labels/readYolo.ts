import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../src/errors.js';
import type { ReadSet } from './checkedSet.js';
import { isFolder, listFiles, readText } from './labelFiles.js';
import type { ReadContext } from './labelFormat.js';
import type { LabelledImage } from './labelSet.js';
import { picture, pictureSizes } from './pictureSizes.js';
import { readYoloConfig, type YoloConfig, type YoloSplit, yoloSplits } from './yoloConfig.js';
import { fileAtYoloPlace, yoloLabelsOf } from './yoloLayout.js';
import { checkShares, parseYoloRow } from './yoloRows.js';

interface Listed {
  /** Inside the folder of pictures. */
  file: string;
  /** Where the list says that it is. */
  path: string;
  split: YoloSplit;
}

/**
 * Reads an Ultralytics data set. A picture without a file of labels was not looked at; one with an empty file
 * was.
 * @param path `data.yaml`, or its folder.
 * @throws UserError naming the file and the line or field
 */
export async function readYolo(path: string, { images }: ReadContext): Promise<ReadSet> {
  const configFile = (await isFolder(path)) ? await configIn(path) : path;
  const config = await readYoloConfig(configFile);
  const root = rootOf(config, configFile);
  const listed = await listPictures(config, root, images, configFile);
  const isLabelled = ({ path }: Listed) => existsSync(yoloLabelsOf(path));
  const labelled = listed.filter(isLabelled);
  const sizes = await pictureSizes(labelled.map((each) => whereIs(each, images)));
  const names = new Map(config.categories.map(({ id, name }) => [id, name]));
  const read: LabelledImage[] = [];
  for (const [i, { file, path, split }] of labelled.entries()) {
    const boxes = await readRows(yoloLabelsOf(path), names, sizes[i], config.keypoints);
    read.push({ file, ...sizes[i], boxes, ...(split !== 'train' && { rest: { split } }) });
  }
  const unlabelled = listed
    .filter((each) => !isLabelled(each))
    .map(({ file, split }) => ({ file, split }));
  const rest = { ...config.rest, ...(unlabelled.length > 0 && { unlabelled }) };
  return {
    categories: config.categories,
    images: read,
    format: 'yolo',
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

async function configIn(folder: string): Promise<string> {
  const files = (await listFiles(folder, /\.ya?ml$/i)).filter((file) => !file.includes('/'));
  const [file] = files.includes('data.yaml') ? ['data.yaml'] : files;
  if (file !== undefined) return join(folder, file);
  throw new UserError(`${folder} has no data.yaml, which says what YOLO's categories are called.`);
}

/** The data set's folder: that of data.yaml where the pictures are there, also when it was moved; else as it says. */
function rootOf({ path, splits }: YoloConfig, file: string): string {
  const own = resolve(dirname(file));
  const isHere = Object.values(splits)
    .flat()
    .every((entry) => existsSync(resolve(own, entry)));
  return path === undefined || isHere ? own : resolve(own, path);
}

async function listPictures(
  config: YoloConfig,
  root: string,
  images: string | undefined,
  configFile: string,
): Promise<Listed[]> {
  const all = new Map<string, Listed>();
  for (const split of yoloSplits) {
    for (const entry of config.splits[split] ?? []) {
      const found = await picturesOf(resolve(root, entry), root, `${configFile}: ${split}`);
      for (const path of found.map((each) => each.split(sep).join('/'))) {
        // A set without splits is its own validation set.
        if (!all.has(path)) all.set(path, { file: fileOf(path, root, images), path, split });
      }
    }
  }
  return [...all.values()];
}

async function picturesOf(place: string, root: string, where: string): Promise<string[]> {
  if (!existsSync(place)) throw new UserError(`${where} names ${place}, which does not exist.`);
  if (await isFolder(place))
    return (await listFiles(place, picture)).map((file) => join(place, file));
  const lines = (await readText(place)).split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line) => {
    if (line.startsWith('./')) return join(dirname(place), line);
    const inRoot = resolve(root, line);
    return existsSync(inRoot) ? inRoot : resolve(dirname(place), line);
  });
}

/** Path inside the folder of pictures, which is `images`, or the data set's own of that name, or its folder. */
function fileOf(path: string, root: string, images: string | undefined): string {
  const inRoot = relativeIn(root, path);
  const placed = inRoot && fileAtYoloPlace(inRoot);
  const inImages = images === undefined ? undefined : relativeIn(resolve(images), path);
  return inImages ?? placed ?? inRoot ?? path.split(sep).at(-1)!;
}

function relativeIn(folder: string, path: string): string | undefined {
  const inside = relative(folder, path).split(sep).join('/');
  return inside.startsWith('../') || resolve(inside) === inside ? undefined : inside;
}

/** Where the picture can be read. */
function whereIs({ path, file }: Listed, images: string | undefined): string {
  if (existsSync(path)) return path;
  if (images !== undefined) return join(images, file);
  throw new UserError(
    `${path}: there is no such picture; its size is needed. Name the folder of pictures (--images).`,
  );
}

async function readRows(
  file: string,
  names: ReadonlyMap<number, string>,
  size: { width: number; height: number },
  keypoints: boolean,
) {
  const lines = (await readText(file)).split(/\r?\n/);
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const where = `${file}, line ${i + 1}`;
    const box = parseYoloRow(line, names, size, where, keypoints);
    checkShares(box.box, size, where);
    return [box];
  });
}
