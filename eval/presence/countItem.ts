import { munkres } from 'munkres';
import { cocoParameters } from '../coco/index.js';

/** IoU from which a box is right: 0.5 to 0.95. */
export const { iouThresholds } = cocoParameters;

/** What was found of one phrase in one picture. */
export interface ItemCounts {
  objects: number;
  detections: number;
  /** For each of `iouThresholds`, detections that are right. */
  right: readonly number[];
}

/**
 * Assigns detections to objects, one to one, so that the sum of IoU is largest, and counts the pairs that fit. The
 * assignment is the same for all thresholds.
 * @param overlap IoU by detection and object
 * @param objects how many there are, which `overlap` does not say where nothing was found
 */
export function countItem(overlap: readonly ArrayLike<number>[], objects: number): ItemCounts {
  const detections = overlap.length;
  const right = Array<number>(iouThresholds.length).fill(0);
  if (detections > 0 && objects > 0) {
    const costs = overlap.map((row) => Array.from(row, (iou) => -iou));
    for (const [detection, object] of munkres(costs)) {
      iouThresholds.forEach((least, i) => {
        if (overlap[detection][object] >= least) right[i]++;
      });
    }
  }
  return { objects, detections, right };
}
