import { accumulate, type Evaluation, emptyEvaluation } from './accumulate.js';
import { arrange } from './arrange.js';
import { areasOf, boxOverlap, type Overlap } from './boxOverlap.js';
import { maskOverlap } from './maskOverlap.js';
import { type CategoryMatches, matchCategories } from './match.js';
import { cocoParameters, type Parameters } from './parameters.js';
import type { Detections, GroundTruth, Masks } from './tables.js';

/**
 * COCO's evaluation of boxes: what pycocotools' COCOeval computes by `evaluate` and `accumulate`, its quirk
 * apart that an object with the id 0 cannot be found.
 *
 * ```ts
 * const evaluation = evaluateBoxes(groundTruthOf(annotations), detectionsOf(results));
 * const { AP, AP50 } = summarize(evaluation);
 * ```
 *
 * @param parameters those that differ from COCO's.
 * @param onMatches is told, category by category, what was matched with what.
 * @throws RangeError for an object or a detection on a picture that is not listed, and for parameters that
 *   are empty or not in order.
 */
export function evaluateBoxes(
  truth: GroundTruth,
  detections: Detections,
  parameters: Partial<Parameters> = {},
  onMatches?: (matches: CategoryMatches) => void,
): Evaluation {
  return evaluateBy(boxOverlap(truth, detections), truth, detections, parameters, onMatches);
}

/**
 * COCO's evaluation of masks: as that of boxes, but for what overlaps.
 * @throws RangeError as `evaluateBoxes`, and for masks of another size than their picture's.
 */
export function evaluateMasks(
  truth: GroundTruth & Masks,
  detections: Detections & Masks,
  parameters: Partial<Parameters> = {},
  onMatches?: (matches: CategoryMatches) => void,
): Evaluation {
  const overlap = maskOverlap(truth.masks, truth.crowds, detections.masks, areasOf(detections));
  return evaluateBy(overlap, truth, detections, parameters, onMatches);
}

function evaluateBy(
  overlap: Overlap,
  truth: GroundTruth,
  detections: Detections,
  parameters: Partial<Parameters>,
  onMatches?: (matches: CategoryMatches) => void,
): Evaluation {
  const complete = { ...cocoParameters, ...parameters };
  checkParameters(complete);
  const arrangement = arrange(truth, detections, complete);
  const evaluation = emptyEvaluation(complete, arrangement.categoryIds);
  for (const matches of matchCategories(truth, arrangement, overlap, complete)) {
    accumulate(evaluation, matches, detections.scores);
    onMatches?.(matches);
  }
  return evaluation;
}

function checkParameters(parameters: Parameters): void {
  const lists = ['iouThresholds', 'recallThresholds', 'areaRanges', 'maxDetections'] as const;
  for (const name of lists) {
    if (parameters[name].length === 0) throw new RangeError(`${name} must not be empty.`);
  }
  for (const name of ['recallThresholds', 'maxDetections'] as const) {
    const list = parameters[name];
    if (list.some((value, i) => !(i === 0 || value > list[i - 1]))) {
      throw new RangeError(`${name} must rise.`);
    }
  }
}
