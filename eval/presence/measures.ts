import { type ItemCounts, iouThresholds } from './countItem.js';

// What SA-Co's own evaluator adds to denominators, so that there is a number where there is nothing to divide by.
const [ofBoxes, ofItems] = [1e-4, 1e-6];

/** IoU at which measures are told by themselves too. */
const toldAt = [0.5, 0.75];

/**
 * SA-Co's measures of a detector that is asked for phrases which a picture may not show, as fractions: `IL_…` of whether
 * the thing is there at all (item level), `positive_…` of boxes in pictures that show it, and cgF1, the product of
 * `positive_micro_F1` and `IL_MCC`. Measures of boxes are means over IoU 0.5 to 0.95, with `@0.5` and `@0.75` at that.
 */
export function presenceMeasures(items: readonly ItemCounts[]): Record<string, number> {
  const present = presentOrAbsent(items);
  const byThreshold = iouThresholds.map((_, i) => boxMeasures(items, i, present.IL_MCC));
  const names = Object.keys(byThreshold[0]);
  const means = names.map((name) => {
    const sum = byThreshold.reduce((sum, measures) => sum + measures[name], 0);
    return [name, sum / byThreshold.length] as const;
  });
  const single = toldAt.flatMap((iou) => {
    const measures = byThreshold[iouThresholds.findIndex((value) => Math.abs(value - iou) < 1e-9)];
    return names.map((name) => [`${name}@${iou}`, measures[name]] as const);
  });
  return { ...Object.fromEntries(means), ...present, ...Object.fromEntries(single) };
}

/**
 * The mean over IoU thresholds of an item's own F1: by it an item picks among several ground truths. Where nothing is
 * to be found and nothing was, it is 1.
 */
export function localF1({ objects, detections, right }: ItemCounts): number {
  if (objects === 0 && detections === 0) return 1;
  return (
    right.reduce((sum, count) => sum + itemF1(count, { objects, detections }), 0) / right.length
  );
}

function itemF1(right: number, { objects, detections }: Omit<ItemCounts, 'right'>): number {
  return f1(right / (detections + ofBoxes), right / (objects + ofBoxes), ofBoxes);
}

function f1(precision: number, recall: number, epsilon: number): number {
  return (2 * precision * recall) / (precision + recall + epsilon);
}

function presentOrAbsent(items: readonly ItemCounts[]) {
  const count = (objects: boolean, detections: boolean) =>
    items.filter((item) => item.objects > 0 === objects && item.detections > 0 === detections)
      .length;
  const [tp, fp, fn, tn] = [
    count(true, true),
    count(false, true),
    count(true, false),
    count(false, false),
  ];
  const precision = tp / (tp + fp + ofItems);
  const recall = tp / (tp + fn + ofItems);
  const spread = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
  return {
    IL_precision: precision,
    IL_recall: recall,
    IL_F1: f1(precision, recall, ofItems),
    IL_FPR: fp / (fp + tn + ofItems),
    IL_MCC: (tp * tn - fp * fn) / (spread + ofItems),
  };
}

function boxMeasures(
  items: readonly ItemCounts[],
  threshold: number,
  mcc: number,
): Record<string, number> {
  let [right, objects, detections, amongPositives] = [0, 0, 0, 0];
  let [ownF1, answered] = [0, 0];
  for (const item of items) {
    right += item.right[threshold];
    objects += item.objects;
    detections += item.detections;
    if (item.objects === 0) continue;
    amongPositives += item.detections;
    if (item.detections === 0) continue;
    answered++;
    ownF1 += itemF1(item.right[threshold], item);
  }
  const precision = right / (detections + ofBoxes);
  const recall = right / (objects + ofBoxes);
  const positivePrecision = right / (amongPositives + ofBoxes);
  const positiveF1 = f1(positivePrecision, recall, ofBoxes);
  return {
    cgF1: positiveF1 * mcc,
    precision,
    recall,
    F1: f1(precision, recall, ofBoxes),
    positive_macro_F1: answered === 0 ? 0 : ownF1 / answered,
    positive_micro_F1: positiveF1,
    positive_micro_precision: positivePrecision,
  };
}
