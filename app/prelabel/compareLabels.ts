import type { LabelledBox } from '../../datasets/labels/labelSet.js';
import { boxIou, type Xyxy } from '../../src/geometry/boxes.js';
import type { FoundBox } from './mergeLabels.js';

/** How a run's boxes and those of a file agree on one picture. */
export interface BoxComparison {
  /** Pairs of one label that overlap, best first. */
  agreed: { label: string; iou: number; score: number }[];
  /** Boxes at one place that have different labels. */
  otherLabel: { existing: string; found: string; score: number; box: Xyxy }[];
  onlyFound: FoundBox[];
  onlyExisting: LabelledBox[];
}

/** From this overlap (IoU) on, two boxes are of one object: COCO's and VOC's usual limit. */
const sameObject = 0.5;

/** Compares a picture's boxes with those of a run: each box has at most one partner, the best scores first. */
export function compareBoxes(
  existing: readonly LabelledBox[],
  found: readonly FoundBox[],
): BoxComparison {
  const left = new Set(existing);
  const unmatched: FoundBox[] = [];
  const agreed: BoxComparison['agreed'] = [];
  for (const box of found.toSorted((a, b) => b.score - a.score)) {
    const partner = nearest(
      box,
      [...left].filter(({ label }) => label === box.label),
    );
    if (!partner) {
      unmatched.push(box);
      continue;
    }
    left.delete(partner);
    agreed.push({ label: box.label, iou: boxIou(partner.box, box.box), score: box.score });
  }
  const onlyFound: FoundBox[] = [];
  const otherLabel: BoxComparison['otherLabel'] = [];
  for (const box of unmatched) {
    const partner = nearest(box, [...left]);
    if (!partner) {
      onlyFound.push(box);
      continue;
    }
    left.delete(partner);
    const { label, score } = box;
    otherLabel.push({ existing: partner.label, found: label, score, box: box.box });
  }
  return { agreed, otherLabel, onlyFound, onlyExisting: [...left] };
}

function nearest(
  { box }: Pick<LabelledBox, 'box'>,
  others: readonly LabelledBox[],
): LabelledBox | undefined {
  let best: LabelledBox | undefined;
  let most = sameObject;
  for (const other of others) {
    const overlap = boxIou(other.box, box);
    if (overlap < most) continue;
    best = other;
    most = overlap;
  }
  return best;
}
