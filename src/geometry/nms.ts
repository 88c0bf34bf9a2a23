import { boxIou, type Xyxy } from './boxes.js';

/**
 * Greedy non-maximum suppression, as torchvision's `nms`: boxes in order of falling score (equal scores
 * in the given order); a box goes when its overlap with a kept one is strictly greater than `threshold`.
 *
 * @param overlap how much two boxes overlap. Default: intersection over union.
 * @param most the number of boxes to stop at.
 * @returns indices of the kept boxes, by falling score.
 */
export function nms(
  boxes: readonly Xyxy[],
  scores: ArrayLike<number>,
  threshold: number,
  overlap: (a: Xyxy, b: Xyxy) => number = boxIou,
  most = Infinity,
): number[] {
  const kept: number[] = [];
  for (const candidate of byFallingScore([...boxes.keys()], scores)) {
    if (kept.length >= most) break;
    const suppressed = kept.some((index) => overlap(boxes[index], boxes[candidate]) > threshold);
    if (!suppressed) kept.push(candidate);
  }
  return kept;
}

/**
 * Non-maximum suppression within each class, as torchvision's `batched_nms`.
 * @returns indices of the kept boxes of all classes, by falling score.
 */
export function classwiseNms(
  boxes: readonly Xyxy[],
  scores: ArrayLike<number>,
  classes: ArrayLike<number>,
  threshold: number,
): number[] {
  const members = new Map<number, number[]>();
  for (const index of boxes.keys()) {
    const group = members.get(classes[index]);
    if (group) group.push(index);
    else members.set(classes[index], [index]);
  }
  const kept = [...members.values()].flatMap((indices) =>
    nms(
      indices.map((index) => boxes[index]),
      indices.map((index) => scores[index]),
      threshold,
    ).map((position) => indices[position]),
  );
  return byFallingScore(
    kept.sort((a, b) => a - b),
    scores,
  );
}

function byFallingScore(indices: number[], scores: ArrayLike<number>): number[] {
  return indices.sort((a, b) => scores[b] - scores[a]);
}
