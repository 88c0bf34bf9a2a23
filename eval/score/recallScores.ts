import { type CategoryChoice, chooseCategories } from '../../datasets/categorySplit.js';
import { averageRecall, evaluateBoxes } from '../coco/index.js';
import { groundTruthOfDataset } from '../detection/groundTruth.js';
import type { ScoredFiles } from './scoredFiles.js';

/** Average recall by number of boxes, 0..1: `AR100`, `AR300`, `AR1000`; −1 where there is nothing to find. */
export type Recalls = Record<string, number>;

/**
 * Recall whatever boxes are taken for: the share of objects that the best 100, 300 and 1,000 boxes of each
 * picture fit, averaged over IoU 0.5 to 0.95.
 * @param base with it, recall of objects of these categories, and of the others, is measured apart too.
 * @throws UserError for a category that the annotation file does not have.
 */
export function scoreRecall(
  files: ScoredFiles,
  base?: CategoryChoice,
): { all: Recalls; base?: Recalls; novel?: Recalls } {
  const all = recallOf(files, () => true);
  if (base === undefined) return { all };
  const known = chooseCategories(files.dataset, base);
  return {
    all,
    base: recallOf(files, (category) => known.has(category)),
    novel: recallOf(files, (category) => !known.has(category)),
  };
}

/** @param counts whether objects of a category, given by its index, are to be found. */
function recallOf(
  { dataset, results }: ScoredFiles,
  counts: (category: number) => boolean,
): Recalls {
  const images = dataset.images.map((image) => ({
    ...image,
    boxes: image.boxes.filter(({ category }) => counts(category)),
  }));
  const maxDetections = [100, 300, 1000];
  const evaluation = evaluateBoxes(groundTruthOfDataset({ ...dataset, images }), results, {
    ...{ maxDetections, classAgnostic: true },
  });
  return Object.fromEntries(
    maxDetections.map((most) => [`AR${most}`, averageRecall(evaluation, { maxDetections: most })]),
  );
}
