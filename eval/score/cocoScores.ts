import { type Evaluation, evaluateBoxes, evaluateMasks, summarize } from '../coco/index.js';
import { groundTruthOfDataset, masksOfDataset } from '../detection/groundTruth.js';
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

/** COCO's scores: of masks, where the files were read with them, else of boxes. */
export function scoreCoco(
  { dataset, results }: ScoredFiles,
  options: ScoreOptions = {},
): CocoScores {
  const truth = groundTruthOfDataset(dataset);
  const { masks } = results;
  const evaluation = masks
    ? evaluateMasks({ ...truth, ...masksOfDataset(dataset) }, { ...results, masks }, options)
    : evaluateBoxes(truth, results, options);
  return {
    stats: summarize(evaluation),
    perCategory: scoresByName(evaluation, dataset),
    evaluation,
  };
}
