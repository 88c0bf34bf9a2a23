import type { Evaluation, NumberTable } from './accumulate.js';

/** Which part of an evaluation a mean is over; all of it where nothing is said. */
export interface Selection {
  iou?: number;
  /** Label of the area range. Default: all. */
  area?: string;
  /** Default: the largest limit. */
  maxDetections?: number;
  /** Places of the categories in `categoryIds`. */
  categories?: readonly number[];
}

/** The mean precision over all recalls; −1 where the selection has nothing to find, or is empty. */
export function averagePrecision(evaluation: Evaluation, selection: Selection = {}): number {
  return mean(evaluation, evaluation.precision, selection);
}

/**
 * The mean precision at each recall threshold, which makes a precision–recall curve; −1 where the selection
 * has nothing to find, or is empty.
 */
export function precisionByRecall(evaluation: Evaluation, selection: Selection = {}): number[] {
  const { iouThresholds, recallThresholds } = evaluation.parameters;
  const { data, shape } = evaluation.precision;
  const perRecall = data.length / (iouThresholds.length * recallThresholds.length);
  return recallThresholds.map((_, r) => {
    const part = new Float64Array(iouThresholds.length * perRecall);
    iouThresholds.forEach((_, t) => {
      const start = (t * recallThresholds.length + r) * perRecall;
      part.set(data.subarray(start, start + perRecall), t * perRecall);
    });
    return mean(evaluation, { data: part, shape: [shape[0], 1, ...shape.slice(2)] }, selection);
  });
}

/** The mean recall; −1 where the selection has nothing to find, or is empty. */
export function averageRecall(evaluation: Evaluation, selection: Selection = {}): number {
  return mean(evaluation, evaluation.recall, selection);
}

/**
 * The twelve numbers that COCO reports, shares 0..1 or −1: AP, AP50, AP75, APs, APm, APl; AR1, AR10, AR100,
 * or whatever the limits are; ARs, ARm, ARl. As in pycocotools, `AP` is the one at 100 detections and −1
 * where that is no limit; the others take the largest.
 */
export function summarize(evaluation: Evaluation): Record<string, number> {
  const { maxDetections } = evaluation.parameters;
  const recalls = maxDetections.map((most) => [
    `AR${most}`,
    averageRecall(evaluation, { maxDetections: most }),
  ]);
  return {
    AP: averagePrecision(evaluation, { maxDetections: 100 }),
    AP50: averagePrecision(evaluation, { iou: 0.5 }),
    AP75: averagePrecision(evaluation, { iou: 0.75 }),
    APs: averagePrecision(evaluation, { area: 'small' }),
    APm: averagePrecision(evaluation, { area: 'medium' }),
    APl: averagePrecision(evaluation, { area: 'large' }),
    ...Object.fromEntries(recalls),
    ARs: averageRecall(evaluation, { area: 'small' }),
    ARm: averageRecall(evaluation, { area: 'medium' }),
    ARl: averageRecall(evaluation, { area: 'large' }),
  };
}

/** Means of a category; −1 where it has nothing to find. */
export interface CategorySummary {
  id: number;
  AP: number;
  AP50: number;
  AP75: number;
  APs: number;
  APm: number;
  APl: number;
  AR: number;
}

/** AP and AR of every category, for all areas and the largest limit. */
export function summarizeCategories(evaluation: Evaluation): CategorySummary[] {
  return evaluation.categoryIds.map((id, place) => {
    const categories = [place];
    return {
      id,
      AP: averagePrecision(evaluation, { categories }),
      AP50: averagePrecision(evaluation, { categories, iou: 0.5 }),
      AP75: averagePrecision(evaluation, { categories, iou: 0.75 }),
      APs: averagePrecision(evaluation, { categories, area: 'small' }),
      APm: averagePrecision(evaluation, { categories, area: 'medium' }),
      APl: averagePrecision(evaluation, { categories, area: 'large' }),
      AR: averageRecall(evaluation, { categories }),
    };
  });
}

/** The mean of the entries that are not −1. @param table [T, …, K, A, M] */
function mean(evaluation: Evaluation, { data, shape }: NumberTable, selection: Selection): number {
  const { iouThresholds, areaRanges, maxDetections } = evaluation.parameters;
  const { iou, area = 'all', maxDetections: limit = maxDetections.at(-1), categories } = selection;
  const a = areaRanges.findIndex(({ label }) => label === area);
  const m = maxDetections.indexOf(limit!);
  if (a < 0 || m < 0) return -1;
  const K = evaluation.categoryIds.length;
  const perThreshold = data.length / shape[0];
  const categoryStep = areaRanges.length * maxDetections.length;
  const places = categories ?? [...Array(K).keys()];
  let sum = 0;
  let count = 0;
  iouThresholds.forEach((threshold, t) => {
    if (iou !== undefined && threshold !== iou) return;
    for (let row = 0; row < perThreshold; row += K * categoryStep) {
      for (const k of places) {
        const value =
          data[t * perThreshold + row + k * categoryStep + a * maxDetections.length + m];
        if (value === -1) continue;
        sum += value;
        count++;
      }
    }
  });
  return count > 0 ? sum / count : -1;
}
