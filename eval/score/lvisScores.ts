import { lvisGroundTruthOfDataset, masksOfDataset } from '../detection/groundTruth.js';
import {
  evaluateLvis,
  evaluateLvisMasks,
  type LvisLimit,
  lvisLimit,
  summarizeLvis,
} from '../lvis/index.js';
import { scoresByName } from './categoryScores.js';
import type { CocoScores } from './cocoScores.js';
import type { ScoredFiles } from './scoredFiles.js';

/**
 * LVIS's scores: of masks, where the files were read with them, else of boxes.
 * @param limit which detections count. Default: the best 300 of each picture.
 * @throws UserError for annotations that do not say what LVIS's do.
 */
export function scoreLvis(
  { dataset, results }: ScoredFiles,
  limit: LvisLimit = lvisLimit,
): CocoScores {
  const truth = lvisGroundTruthOfDataset(dataset);
  const { masks } = results;
  const evaluation = masks
    ? evaluateLvisMasks({ ...truth, ...masksOfDataset(dataset) }, { ...results, masks }, limit)
    : evaluateLvis(truth, results, limit);
  return {
    stats: summarizeLvis(evaluation, truth),
    perCategory: scoresByName(evaluation, dataset),
    evaluation,
  };
}
