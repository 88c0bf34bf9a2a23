import { averagePrecision, averageRecall, type Evaluation } from '../coco/index.js';
import type { Frequency, LvisGroundTruth } from './tables.js';

/**
 * The thirteen numbers that LVIS reports, shares 0..1 or −1: AP, AP50, AP75; APs, APm, APl by the size of
 * objects; APr, APc, APf by how frequent their category is; AR, ARs, ARm, ARl.
 */
export function summarizeLvis(
  evaluation: Evaluation,
  { categories, frequencies }: Pick<LvisGroundTruth, 'categories' | 'frequencies'>,
): Record<string, number> {
  const frequencyOf = new Map(frequencies.map((frequency, i) => [categories[i], frequency]));
  const precisionOf = (frequency: Frequency) =>
    averagePrecision(evaluation, {
      categories: evaluation.categoryIds.flatMap((id, place) =>
        frequencyOf.get(id) === frequency ? [place] : [],
      ),
    });
  return {
    AP: averagePrecision(evaluation),
    AP50: averagePrecision(evaluation, { iou: 0.5 }),
    AP75: averagePrecision(evaluation, { iou: 0.75 }),
    APs: averagePrecision(evaluation, { area: 'small' }),
    APm: averagePrecision(evaluation, { area: 'medium' }),
    APl: averagePrecision(evaluation, { area: 'large' }),
    APr: precisionOf('r'),
    APc: precisionOf('c'),
    APf: precisionOf('f'),
    AR: averageRecall(evaluation),
    ARs: averageRecall(evaluation, { area: 'small' }),
    ARm: averageRecall(evaluation, { area: 'medium' }),
    ARl: averageRecall(evaluation, { area: 'large' }),
  };
}
