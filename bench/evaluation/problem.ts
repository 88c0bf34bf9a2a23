import { mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { compressCounts, maskOfPolygon } from '../../eval/coco/index.js';
import { createRandom, type Random } from '../../src/random.js';

/** How large a made-up problem is. */
export interface ProblemSize {
  images: number;
  categories: number;
  objects: number;
  /** Detections of a picture. */
  detections: number;
  /** Objects that are crowds; of LVIS none. */
  crowds: number;
  /** Whether pictures have LVIS's lists, and categories a frequency. */
  lvis: boolean;
  /** Whether objects have polygons, and detections run-length masks. */
  masks: boolean;
}

/** Sizes of the real data sets. */
export const sizes = {
  coco: {
    ...{ images: 5000, categories: 80, objects: 36_800, detections: 100, crowds: 446 },
    ...{ lvis: false, masks: false },
  },
  cocoMasks: {
    ...{ images: 5000, categories: 80, objects: 36_800, detections: 40, crowds: 0 },
    ...{ lvis: false, masks: true },
  },
  lvis: {
    ...{ images: 19_809, categories: 1203, objects: 244_707, detections: 300, crowds: 0 },
    ...{ lvis: true, masks: false },
  },
} as const satisfies Record<string, ProblemSize>;

type Box = [x: number, y: number, width: number, height: number];

const [width, height] = [640, 480];

/** How far detections lie from the object they were made from, in shares of its sides. */
const noises = [0.01, 0.03, 0.06, 0.12, 0.25, 0.4];

/**
 * Writes gt.json and dt.json: objects whose categories are as unevenly frequent as in real data, and
 * detections that are moved objects, partly of a wrong category, and random boxes. Scores have four
 * decimals, so that equal ones are common. The same size gives the same files.
 */
export async function writeProblem(folder: string, size: ProblemSize): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const random = createRandom(`evaluation problem ${JSON.stringify(size)}`);
  const objects = objectsOf(random, size);
  await writeTruth(join(folder, 'gt.json'), objects, size, random);
  await writeDetections(join(folder, 'dt.json'), objects, size, random);
}

interface Thing {
  category: number;
  box: Box;
  crowd: boolean;
}

/** Objects of each picture: a few categories in each, each with several objects. */
function objectsOf(
  random: Random,
  { images, objects, crowds, categories }: ProblemSize,
): Thing[][] {
  const perImage = Array.from({ length: images }, () => [] as Thing[]);
  const local = perImage.map(() =>
    Array.from({ length: 1 + random.integer(6) }, () => anyCategory(random, categories)),
  );
  for (let i = 0; i < objects; i++) {
    const image = random.integer(images);
    const category = random.pick(local[image]);
    perImage[image].push({ category, box: anyBox(random), crowd: i < crowds });
  }
  return perImage;
}

/** From 1; the first ones are the most frequent. */
function anyCategory(random: Random, categories: number): number {
  return 1 + Math.floor(categories * random.uniform() ** 2.5);
}

function anyBox(random: Random): Box {
  const side = Math.exp(3.8 + random.normal());
  const shape = Math.exp(0.5 * random.normal());
  const w = Math.min(Math.max(4, side * shape), width - 1);
  const h = Math.min(Math.max(4, side / shape), height - 1);
  return [random.uniform() * (width - w), random.uniform() * (height - h), w, h];
}

function moved([x, y, w, h]: Box, noise: number, random: Random): Box {
  return [
    x + noise * w * random.normal(),
    y + noise * h * random.normal(),
    Math.max(1, w * Math.exp(noise * random.normal())),
    Math.max(1, h * Math.exp(noise * random.normal())),
  ];
}

async function writeTruth(
  file: string,
  objects: readonly Thing[][],
  { categories, lvis, masks }: ProblemSize,
  random: Random,
): Promise<void> {
  const frequencies = ['f', 'c', 'r'];
  const listed = Array.from({ length: categories }, (_, i) => ({
    id: i + 1,
    name: `category ${i + 1}`,
    ...(lvis && { frequency: frequencies[Math.floor((3 * i) / categories)] }),
  }));
  const images = objects.map((things, id) => {
    const present = new Set(things.map(({ category }) => category));
    const absent = Array.from({ length: 10 }, () => anyCategory(random, categories));
    return {
      ...{ id: id + 1, width, height, file_name: `${id + 1}.jpg` },
      ...(lvis && {
        neg_category_ids: absent.filter((category) => !present.has(category)),
        not_exhaustive_category_ids: [...present].filter(() => random.uniform() < 0.1),
      }),
    };
  });
  let id = 0;
  const annotations = objects.flatMap((things, image) =>
    things.map(({ category, box, crowd }) => ({
      ...{ id: ++id, image_id: image + 1, category_id: category, bbox: box.map(rounded) },
      area: rounded(box[2] * box[3] * (0.45 + 0.5 * random.uniform())),
      iscrowd: crowd ? 1 : 0,
      ...(masks && { segmentation: [outline(box, random)] }),
    })),
  );
  const handle = await open(file, 'w');
  await handle.writeFile(JSON.stringify({ images, annotations, categories: listed }));
  await handle.close();
}

async function writeDetections(
  file: string,
  objects: readonly Thing[][],
  { categories, detections, masks }: ProblemSize,
  random: Random,
): Promise<void> {
  const maskOf = (box: Box) => {
    const { counts } = maskOfPolygon(outline(box, random), height, width);
    return { size: [height, width], counts: compressCounts(counts) };
  };
  const handle = await open(file, 'w');
  await handle.write('[\n');
  for (const [image, things] of objects.entries()) {
    const found = detectionsOf(things, detections, categories, random);
    const lines = found.map(({ category, box, score }) =>
      JSON.stringify({
        ...{ image_id: image + 1, category_id: category },
        ...{ bbox: box.map(rounded), score: Math.round(1e4 * score) / 1e4 },
        ...(masks && { segmentation: maskOf(box) }),
      }),
    );
    await writeLines(handle, lines, image === objects.length - 1);
  }
  await handle.write(']\n');
  await handle.close();
}

async function writeLines(handle: FileHandle, lines: readonly string[], last: boolean) {
  await handle.write(`${lines.join(',\n')}${last ? '\n' : ',\n'}`);
}

function detectionsOf(
  things: readonly Thing[],
  count: number,
  categories: number,
  random: Random,
): { category: number; box: Box; score: number }[] {
  const found = things.flatMap(({ category, box }) =>
    Array.from({ length: 1 + random.integer(9) }, () => {
      const noise = random.pick(noises);
      const score = 0.9 - 1.6 * noise - 0.3 * random.uniform() + 0.08 * random.normal();
      return {
        category: random.uniform() < 0.88 ? category : anyCategory(random, categories),
        box: moved(box, noise, random),
        score: Math.min(0.9999, Math.max(0.0001, score)),
      };
    }),
  );
  while (found.length < count) {
    const category =
      things.length > 0 && random.uniform() < 0.4
        ? random.pick(things).category
        : anyCategory(random, categories);
    found.push({ category, box: anyBox(random), score: 0.35 * random.uniform() ** 3 });
  }
  const best = found.sort((a, b) => b.score - a.score).slice(0, count);
  return random.shuffle(best);
}

/** An uneven round shape in a box, of 30 corners. */
function outline([x, y, w, h]: Box, random: Random): number[] {
  const corners = 30;
  return Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    const far = 0.35 + 0.15 * random.uniform();
    return [x + w * (0.5 + far * Math.cos(angle)), y + h * (0.5 + far * Math.sin(angle))];
  })
    .flat()
    .map(rounded);
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100;
}
