import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { createRandom } from '../../../src/random.js';
import {
  type ProposalTrainingConfig,
  parseProposalConfig,
} from '../../../training/proposals/config.js';
import { cocoCategories, novelCategories } from './cocoCategories.js';

/** The base categories of OV-COCO. */
export const baseSplit = join(packageRoot, 'configs/splits/ov-coco-base.json');

/** Size of every picture, in pixels. */
export const pictureSize = { width: 96, height: 72 };

export interface TinyObject {
  /** Category name. */
  name: string;
  /** x, y, width, height in pixels. */
  bbox: [number, number, number, number];
  crowd?: boolean;
}

/**
 * Objects of `count` pictures: one of a base category each, beside it one of a novel category in every
 * other, and a crowd of a base category in every third.
 */
export function tinyObjects(count: number): TinyObject[][] {
  const random = createRandom('tiny coco');
  const bases = JSON.parse(readFileSync(baseSplit, 'utf8')) as string[];
  const object = (name: string, left: number): TinyObject => {
    const [width, height] = [24 + random.integer(20), 20 + random.integer(30)];
    return { name, bbox: [left + random.integer(4), random.integer(72 - height), width, height] };
  };
  return Array.from({ length: count }, (_, i) => [
    object(random.pick(bases), 0),
    ...(i % 2 === 1 ? [object(random.pick(novelCategories), 48)] : []),
    ...(i % 3 === 2 ? [{ ...object(random.pick(bases), 40), crowd: true }] : []),
  ]);
}

/**
 * Writes a folder in COCO's own layout: annotations/instances_train2017.json and train2017/. Every object
 * is a rectangle of one bright colour on a dark ground.
 */
export async function writeTinyCoco(
  folder: string,
  objects: readonly TinyObject[][],
): Promise<void> {
  mkdirSync(join(folder, 'annotations'), { recursive: true });
  mkdirSync(join(folder, 'train2017'), { recursive: true });
  const idOf = new Map(cocoCategories.map(({ id, name }) => [name, id]));
  const images = objects.map((_, i) => ({
    ...{ license: 1, id: 139 + 146 * i, ...pictureSize },
    file_name: `${String(139 + 146 * i).padStart(12, '0')}.jpg`,
  }));
  let id = 900_100_000;
  const annotations = objects.flatMap((own, i) =>
    own.map(({ name, bbox, crowd }) => {
      const [x, y, width, height] = bbox;
      const [right, bottom] = [x + width, y + height];
      return {
        ...{ id: id++, image_id: images[i].id, category_id: idOf.get(name)!, bbox },
        ...{ area: width * height, iscrowd: crowd ? 1 : 0 },
        // A crowd is a mask, run by run; what it says does not matter here.
        segmentation: crowd
          ? { size: [pictureSize.height, pictureSize.width], counts: [96 * 72] }
          : [[x, y, right, y, right, bottom, x, bottom]],
      };
    }),
  );
  const categories = cocoCategories.map((category) => ({ ...category, supercategory: 'thing' }));
  const content = { info: {}, licenses: [], images, annotations, categories };
  writeFileSync(join(folder, 'annotations/instances_train2017.json'), JSON.stringify(content));
  for (const [i, { file_name }] of images.entries()) {
    const random = createRandom(file_name);
    const bright = () => 140 + random.integer(116);
    const ground = { r: random.integer(60), g: random.integer(60), b: random.integer(60) };
    const parts = objects[i].map(({ bbox: [left, top, width, height] }) => {
      const background = { r: bright(), g: bright(), b: bright() };
      return { input: { create: { width, height, channels: 3 as const, background } }, left, top };
    });
    await sharp({ create: { ...pictureSize, channels: 3, background: ground } })
      .composite(parts)
      .jpeg({ quality: 95 })
      .toFile(join(folder, 'train2017', file_name));
  }
}

/** A training config for a folder that `writeTinyCoco` wrote, as JSON. */
export function tinyRunFields(coco: string, model: string): Record<string, unknown> {
  return {
    stage: 'proposals',
    model,
    data: [
      {
        annotations: join(coco, 'annotations/instances_train2017.json'),
        images: join(coco, 'train2017'),
        categories: baseSplit,
      },
    ],
    network: { channels: 8, convolutions: 1 },
    imageSize: 64,
    jitter: { lowest: 0.5, highest: 1.5 },
    batch: 2,
    steps: 6,
    learningRate: 3e-3,
    warmupSteps: 1,
    checkpointEvery: 100,
    seed: 7,
    workers: 0,
  };
}

/** The same, checked. */
export function tinyProposalConfig(
  coco: string,
  model: string,
  changes: Record<string, unknown>,
): ProposalTrainingConfig {
  return parseProposalConfig({ ...tinyRunFields(coco, model), ...changes }, 'tiny.json');
}
