import type { CocoDataset } from '../../datasets/coco.js';
import { idInFile } from '../../datasets/cocoIds.js';
import { UserError } from '../../src/errors.js';
import type { GroundTruth, Masks } from '../coco/index.js';
import type { LvisGroundTruth } from '../lvis/index.js';

/** A data set's objects as COCO's scorer takes them. */
export function groundTruthOfDataset({
  images,
  categories,
}: Pick<CocoDataset, 'images' | 'categories'>): GroundTruth {
  const objects = images.flatMap(({ id, boxes }) => boxes.map((box) => ({ ...box, image: id })));
  const boxes = new Float64Array(4 * objects.length);
  objects.forEach(({ xywh }, row) => {
    boxes.set(xywh, 4 * row);
  });
  return {
    images: images.map(({ id }) => id),
    categories: categories.map(({ id }) => id),
    count: objects.length,
    imageIds: Float64Array.from(objects, ({ image }) => image),
    categoryIds: Float64Array.from(objects, ({ category }) => categories[category].id),
    boxes,
    areas: Float64Array.from(objects, ({ area }) => area),
    crowds: Uint8Array.from(objects, ({ crowd }) => (crowd ? 1 : 0)),
  };
}

/** The masks of a data set's objects, in the order of the objects; it must have been read with them. */
export function masksOfDataset({ images }: Pick<CocoDataset, 'images'>): Masks {
  return { masks: images.flatMap(({ boxes }) => boxes.map(({ mask }) => mask!)) };
}

/**
 * A data set's objects as LVIS's scorer takes them.
 * @throws UserError naming the picture or category that lacks what LVIS's annotations have.
 */
export function lvisGroundTruthOfDataset(dataset: CocoDataset): LvisGroundTruth {
  const { file, images, categories } = dataset;
  const ignores = images.flatMap(({ boxes }) => boxes.map(({ ignore }) => (ignore ? 1 : 0)));
  return {
    ...groundTruthOfDataset(dataset),
    crowds: new Uint8Array(ignores.length),
    ignores,
    frequencies: categories.map(({ frequency, ...category }) => {
      if (frequency) return frequency;
      throw lacking(file, `category ${idInFile(category)}`, 'frequency');
    }),
    negatives: images.map(({ negatives, ...image }) => {
      if (negatives) return negatives;
      throw lacking(file, `image ${idInFile(image)}`, 'neg_category_ids');
    }),
    notExhaustive: images.map(({ notExhaustive, ...image }) => {
      if (notExhaustive) return notExhaustive;
      throw lacking(file, `image ${idInFile(image)}`, 'not_exhaustive_category_ids');
    }),
  };
}

function lacking(file: string, what: string, field: string): UserError {
  return new UserError(
    `${file} is not an LVIS annotation file: ${what} has no ${field}. Score it as COCO.`,
  );
}
