import { join } from 'node:path';
import { type CocoDataset, readCoco } from '../../datasets/coco.js';
import type { Detector } from '../../detectors/detector.js';
import { type Examples, joinedExamples } from '../../detectors/examples.js';
import { UserError } from '../../src/errors.js';
import { xyxyToBox } from '../../src/geometry/boxes.js';
import { groupBy } from '../../src/groupBy.js';
import { createRandom } from '../../src/random.js';

/** Where categories get examples from. */
export interface CategoryExamples {
  /** A COCO or LVIS file, and the folder its file names are relative to. */
  annotations: string;
  images: string;
  /** Examples of each category, at most; 0: none, for comparison. */
  count: number;
  /** Categories with fewer boxes there are left out. */
  least: number;
  /** Whether the category's name counts as well. */
  words: boolean;
  /** What the boxes are drawn by. */
  seed: number;
}

/** Boxes with a shorter side show too little. */
const leastSide = 24;

/**
 * A data set's categories with examples of each, drawn from another set of pictures.
 * @returns the data set without categories of which there are too few boxes, and the examples by category name
 * @throws UserError where no category has enough, or a picture cannot be read
 */
export async function withCategoryExamples(
  detector: Pick<Detector, 'encode' | 'examplesIn'>,
  dataset: CocoDataset,
  { annotations, images: folder, count, least, seed }: CategoryExamples,
): Promise<{ dataset: CocoDataset; examples: Map<string, Examples> }> {
  const source = readCoco(annotations);
  const boxes = source.images.flatMap(({ file, boxes }) =>
    boxes
      .filter(
        ({ crowd, xywh: [, , width, height] }) => !crowd && Math.min(width, height) >= leastSide,
      )
      .map(({ box, category }) => ({ file, box, name: source.categories[category].name })),
  );
  const byName = groupBy(boxes, ({ name }) => name);
  const enough = (name: string) => (byName.get(name)?.length ?? 0) >= least;
  const kept = dataset.categories.filter(({ name }) => enough(name));
  if (kept.length === 0) {
    throw new UserError(`${annotations} has ${least} boxes of no category of ${dataset.file}.`);
  }
  const random = createRandom(seed);
  const drawn = kept.flatMap(({ name }) =>
    random.fork(name).shuffle(byName.get(name)!).slice(0, count),
  );
  const sets = new Map<string, Examples[]>(kept.map(({ name }) => [name, []]));
  for (const [file, ofPicture] of groupBy(drawn, (one) => one.file)) {
    const encoded = await detector.encode(join(folder, file));
    for (const [name, ofName] of groupBy(ofPicture, (one) => one.name)) {
      const shown = ofName.map(({ box }) => xyxyToBox(box));
      sets.get(name)!.push(await detector.examplesIn(encoded, { shown }));
    }
  }
  const examples = new Map(
    [...sets].flatMap(([name, own]) => (own.length > 0 ? [[name, joinedExamples(own)]] : [])),
  );
  return { dataset: withCategories(dataset, new Set(kept)), examples };
}

/** The data set with some of its categories alone. */
function withCategories(
  dataset: CocoDataset,
  kept: ReadonlySet<CocoDataset['categories'][number]>,
): CocoDataset {
  const categories = dataset.categories.filter((category) => kept.has(category));
  const placeOf = new Map(categories.map((category, place) => [category, place]));
  const images = dataset.images.map((image) => ({
    ...image,
    boxes: image.boxes.flatMap((box) => {
      const category = placeOf.get(dataset.categories[box.category]);
      return category === undefined ? [] : [{ ...box, category }];
    }),
  }));
  return { ...dataset, images, categories };
}
