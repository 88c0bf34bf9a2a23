import { type CategoryChoice, chooseCategories } from '../../datasets/categorySplit.js';
import { averagePrecision, type Evaluation, evaluateBoxes, summarize } from '../coco/index.js';
import { groundTruthOfDataset } from '../detection/groundTruth.js';
import { scoresByName } from './categoryScores.js';
import type { CocoScores } from './cocoScores.js';
import type { ScoredFiles } from './scoredFiles.js';

export interface SplitScores extends CocoScores {
  /** Shares 0..1: the mean of the categories' AP50; −1 where there is nothing to find. */
  split: { base: number; novel: number; all: number };
}

/**
 * Open-vocabulary scores: average precision at IoU 0.5 of base and of novel categories, as OVR-CNN, ViLD and
 * F-ViT report it for OV-COCO. Other categories do not count.
 * @throws UserError for a category that the annotation file does not have.
 */
export function scoreSplit(
  { dataset, results }: ScoredFiles,
  split: { base: CategoryChoice; novel: CategoryChoice },
): SplitScores {
  const base = chooseCategories(dataset, split.base);
  const novel = chooseCategories(dataset, split.novel);
  const idsOf = (indices: Iterable<number>) =>
    [...indices].map((index) => dataset.categories[index].id);
  const evaluation = evaluateBoxes(groundTruthOfDataset(dataset), results, {
    categoryIds: [...idsOf(base), ...idsOf(novel)],
    maxDetections: [100, 300, 1000],
  });
  const meanOf = (indices: Iterable<number>) => {
    const ids = new Set(idsOf(indices));
    const categories = evaluation.categoryIds.flatMap((id, place) => (ids.has(id) ? [place] : []));
    return meanOfCategories(evaluation, categories);
  };
  return {
    stats: summarize(evaluation),
    perCategory: scoresByName(evaluation, dataset),
    evaluation,
    split: { base: meanOf(base), novel: meanOf(novel), all: meanOf([...base, ...novel]) },
  };
}

/** The mean of the AP50 of those categories that have objects; −1 if none has. */
function meanOfCategories(evaluation: Evaluation, categories: readonly number[]): number {
  const each = categories
    .map((category) => averagePrecision(evaluation, { categories: [category], iou: 0.5 }))
    .filter((value) => value >= 0);
  return each.length === 0 ? -1 : each.reduce((sum, value) => sum + value, 0) / each.length;
}
