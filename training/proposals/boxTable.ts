import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chooseCategories, readCategoryChoice } from '../../datasets/categorySplit.js';
import { type CocoBox, listedSize, readCoco } from '../../datasets/coco.js';
import type { Size } from '../../detectors/scales.js';
import { UserError } from '../../src/errors.js';
import { boxArea, type Xyxy } from '../../src/geometry/boxes.js';
import type { ExifChoice } from '../../src/images/orientation.js';
import type { DataPart } from '../order.js';
import type { BoxSource } from './dataConfig.js';

/** The pictures of one source: which rows of the table they are, and where they lie. */
export interface BoxPart extends DataPart {
  annotations: string;
  /** The folder that the pictures' paths are relative to. */
  images: string;
  /** Which way round pictures with an EXIF orientation are taken. Default: as the listed sizes say. */
  exif?: ExifChoice;
}

/**
 * The boxes of all training pictures. Threads share the numbers, so that a data set of millions of boxes
 * is in memory once.
 */
export interface BoxTable {
  parts: BoxPart[];
  /** Path of each picture inside its folder. */
  files: string[];
  /** [pictures, 2]: width and height in pixels. */
  sizes: Float64Array;
  /** [pictures + 1]: which boxes are a picture's, from its own first up to the next one's. */
  firstBox: Uint32Array;
  /** [boxes, 4]: x1, y1, x2, y2 in pixels of the picture. */
  boxes: Float64Array;
  /** [boxes]: 1 for a crowd. */
  crowd: Uint8Array;
  /** [pictures]: boxes that were left out because they have no area. */
  droppedBoxes: Uint32Array;
}

/** What a table says about a picture. */
export interface TrainingPicture {
  path: string;
  size: Size;
  exif?: ExifChoice;
  boxes: { box: Xyxy; crowd: boolean }[];
  droppedBoxes: number;
}

/**
 * Reads the boxes of all sources, whatever they show, if it is of a category that the source chooses.
 * Pictures without such a box teach nothing and are left out; crowds alone do not count.
 * @throws UserError for an annotation or split file that is missing or broken, and for a source without
 *   any boxes
 */
export function openBoxTable(sources: readonly BoxSource[]): BoxTable {
  sources.forEach(checkThere);
  const parts: BoxPart[] = [];
  const pictures: ChosenPicture[] = [];
  for (const { annotations, images, weight, categories, exif } of sources) {
    const first = pictures.length;
    for (const picture of readChosen(annotations, categories)) pictures.push(picture);
    const count = pictures.length - first;
    if (count === 0) {
      const which = categories ? ` of the categories that ${categories} chooses` : '';
      throw new UserError(`${annotations} has no boxes${which} to learn from.`);
    }
    parts.push({ annotations, images, weight, first, count, ...(exif && { exif }) });
  }
  return { parts, ...packBoxes(pictures) };
}

/** Looks for all files before any is read: that may take minutes. */
function checkThere({ annotations, images, categories, origin }: BoxSource): void {
  const files = categories === undefined || categories === 'not-rare' ? [] : [categories];
  const missing = [annotations, images, ...files].filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  throw new UserError(
    `There is no ${missing.join(', and no ')} (looked for from ${process.cwd()}).` +
      (origin ? ` Where the training data come from: ${origin}` : ''),
  );
}

interface ChosenPicture {
  file: string;
  size: Size;
  boxes: CocoBox[];
}

function readChosen(annotations: string, categories: string | undefined): ChosenPicture[] {
  // The choice is read first: it is short, and the annotations may take a minute.
  const choice = categories === undefined ? null : readCategoryChoice(categories);
  const dataset = readCoco(annotations);
  const chosen = choice && chooseCategories(dataset, choice);
  return dataset.images.flatMap((image) => {
    const boxes = image.boxes.filter(({ category }) => !chosen || chosen.has(category));
    const teaches = boxes.some(({ box, crowd }) => !crowd && boxArea(box) > 0);
    if (!teaches) return [];
    const size = listedSize(image, annotations, 'training needs them');
    return [{ file: image.file, size, boxes }];
  });
}

function packBoxes(pictures: readonly ChosenPicture[]): Omit<BoxTable, 'parts'> {
  const count = pictures.reduce((sum, { boxes }) => sum + boxes.length, 0);
  const sizes = new Float64Array(new SharedArrayBuffer(16 * pictures.length));
  const firstBox = new Uint32Array(new SharedArrayBuffer(4 * (pictures.length + 1)));
  const droppedBoxes = new Uint32Array(new SharedArrayBuffer(4 * pictures.length));
  const boxes = new Float64Array(new SharedArrayBuffer(32 * count));
  const crowd = new Uint8Array(new SharedArrayBuffer(count));
  let filled = 0;
  pictures.forEach((picture, i) => {
    sizes.set([picture.size.width, picture.size.height], 2 * i);
    for (const entry of picture.boxes) {
      if (boxArea(entry.box) === 0) {
        droppedBoxes[i]++;
        continue;
      }
      boxes.set(entry.box, 4 * filled);
      crowd[filled++] = entry.crowd ? 1 : 0;
    }
    firstBox[i + 1] = filled;
  });
  const files = pictures.map(({ file }) => file);
  return { files, sizes, firstBox, boxes, crowd, droppedBoxes };
}

/** Number of pictures in the table. */
export function pictureCount(table: BoxTable): number {
  return table.files.length;
}

/** The picture of this number. */
export function pictureAt(table: BoxTable, index: number): TrainingPicture {
  const part = table.parts.findLast(({ first }) => first <= index)!;
  const [start, end] = table.firstBox.subarray(index, index + 2);
  return {
    path: join(part.images, table.files[index]),
    size: { width: table.sizes[2 * index], height: table.sizes[2 * index + 1] },
    exif: part.exif,
    boxes: Array.from({ length: end - start }, (_, i) => {
      const [x1, y1, x2, y2] = table.boxes.subarray(4 * (start + i), 4 * (start + i + 1));
      return { box: [x1, y1, x2, y2], crowd: table.crowd[start + i] === 1 };
    }),
    droppedBoxes: table.droppedBoxes[index],
  };
}
