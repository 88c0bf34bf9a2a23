import { type Evaluation, evaluateBoxes, summarize } from '../coco/index.js';
import { groundTruthOfDataset } from '../detection/groundTruth.js';
import { type CategoryScore, scoresByName } from './categoryScores.js';
import type { ScoredFiles } from './scoredFiles.js';

export interface ScoreOptions {
  /** Most boxes of a picture and category that count, the best ones. Default: 1, 10, 100. */
  maxDetections?: readonly number[];
  /** Take all categories for one. */
  classAgnostic?: boolean;
}

export interface CocoScores {
  /** COCO's twelve numbers, 0..1, or −1 where there is nothing to find. */
  stats: Record<string, number>;
  /** Of every category; one alone, with the id −1, where they are taken for one. */
  perCategory: CategoryScore[];
  evaluation: Evaluation;
}

/** COCO's scores of boxes. */
export function scoreCoco(
  { dataset, results }: ScoredFiles,
  options: ScoreOptions = {},
): CocoScores {
  const evaluation = evaluateBoxes(groundTruthOfDataset(dataset), results, options);
  return {
    stats: summarize(evaluation),
    perCategory: scoresByName(evaluation, dataset),
    evaluation,
  };
}
