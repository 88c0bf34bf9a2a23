import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { writeTextAtomically } from '../../src/files/atomicFile.js';
import { makeFolder } from '../../src/files/makeFolder.js';
import type { StoredRecord } from '../finehard.js';
import { describeScene } from './describe.js';
import { drawScene, type Scene, sceneRandom } from './drawScene.js';
import { type CompleteOptions, categories } from './options.js';

/** Pictures are drawn in parts of this many; what is finished when a run is cut off is whole parts. */
export const partLength = 100;

/** Where a data set is made, and what it shows. */
export interface PartSource {
  folder: string;
  options: CompleteOptions;
}

/** A COCO annotation, but for the two numbers that depend on the pictures before. */
export interface PartAnnotation {
  category_id: number;
  /** x, y, width, height of the visible pixels. */
  bbox: [number, number, number, number];
  area: number;
  iscrowd: 0;
  attributes: Record<string, string>;
  style: string;
  expression: string;
  /** Share of the drawing that can be seen. */
  visible: number;
  /** In held-out splits: whether training never showed the thing with one of these attributes. */
  novel_pair?: boolean;
}

/** What is known of one picture. */
export interface PartPicture {
  file: string;
  annotations: PartAnnotation[];
  record: StoredRecord;
}

/** Folder of the unfinished data set's parts. */
export function partsFolder(folder: string): string {
  return join(folder, '.parts');
}

function partFile(folder: string, part: number): string {
  return join(partsFolder(folder), `${String(part).padStart(6, '0')}.json`);
}

/** Whether a part is finished. */
export function partExists(folder: string, part: number): boolean {
  return existsSync(partFile(folder, part));
}

/** What is known of the pictures of a finished part. */
export async function readPart(folder: string, part: number): Promise<PartPicture[]> {
  return JSON.parse(await readFile(partFile(folder, part), 'utf8')) as PartPicture[];
}

/** Draws the pictures of a part, and writes down what they show once all of them are on the disk. */
export async function makePart({ folder, options }: PartSource, part: number): Promise<void> {
  const start = part * partLength;
  const count = Math.min(partLength, options.count - start);
  const pictures: PartPicture[] = new Array(count);
  const drawFrom = async (first: number) => {
    for (let i = first; i < count; i += 2) {
      pictures[i] = await makePicture(folder, options, start + i);
    }
  };
  // While one picture is encoded, the next is drawn.
  await Promise.all([drawFrom(0), drawFrom(1)]);
  await writeTextAtomically(partFile(folder, part), JSON.stringify(pictures));
}

async function makePicture(
  folder: string,
  options: CompleteOptions,
  index: number,
): Promise<PartPicture> {
  const scene = await drawScene(options, index);
  const file = pictureFile(index);
  await writePicture(join(folder, file), scene);
  return describePicture(scene, file, options, index);
}

/** Path of a picture in its data set: a thousand to a folder. */
function pictureFile(index: number): string {
  const name = String(index).padStart(6, '0');
  return `images/${String(Math.floor(index / 1000)).padStart(3, '0')}/${name}.jpg`;
}

async function writePicture(path: string, { image }: Scene): Promise<void> {
  const { width, height, data } = image;
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 92, chromaSubsampling: '4:4:4' })
    .toBuffer();
  makeFolder(dirname(path));
  const temporary = `${path}.tmp`;
  try {
    await writeFile(temporary, jpeg);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function describePicture(
  scene: Scene,
  file: string,
  options: CompleteOptions,
  index: number,
): PartPicture {
  const heldOut = options.split !== 'train';
  const text = describeScene(
    scene,
    options.texts,
    heldOut,
    sceneRandom(options, index).fork('text'),
  );
  const annotations = scene.objects.map((object, i): PartAnnotation => {
    const [xmin, ymin, xmax, ymax] = object.box;
    return {
      category_id: categories.find(({ name }) => name === object.thing.name)!.id,
      bbox: [xmin, ymin, xmax - xmin, ymax - ymin],
      area: object.area,
      iscrowd: 0,
      attributes: object.attributes,
      style: object.style,
      expression: text.bbox_info[i].short_expr,
      visible: Math.round(object.visible * 1000) / 1000,
      ...(heldOut && { novel_pair: object.novel.length > 0 }),
    };
  });
  return { file, annotations, record: { f_path: file, ...text } };
}
