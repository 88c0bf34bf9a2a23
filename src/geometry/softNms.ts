import { boxIou, type Xyxy } from './boxes.js';

/** What a box's score is multiplied by, 0..1, because a better box was kept. */
export type Decay = (kept: Xyxy, box: Xyxy) => number;

/** 1 − IoU for boxes whose intersection over union with the kept one is greater than `limit`. */
export function linearDecay(limit: number): Decay {
  return (kept, box) => {
    const overlap = boxIou(kept, box);
    return overlap > limit ? 1 - overlap : 1;
  };
}

/** exp(−IoU² / sigma): no limit at which a score jumps. The paper uses 0.5. */
export function gaussianDecay(sigma: number): Decay {
  if (!(sigma > 0)) throw new RangeError(`Soft-NMS needs a sigma above 0, not ${sigma}.`);
  return (kept, box) => Math.exp(-(boxIou(kept, box) ** 2) / sigma);
}

export interface SoftNmsOptions {
  /** Boxes whose score falls below are dropped, and lower no other's. Default: 0.001. */
  floor?: number;
  /** The number of boxes to stop at. */
  most?: number;
  /** What decides which box is the better one, decaying as the scores do. Default: the scores. */
  worths?: ArrayLike<number>;
}

/** A box that was kept. */
export interface SoftlyKept {
  index: number;
  /** After decay. */
  score: number;
}

/**
 * Soft non-maximum suppression (Bodla et al. 2017, "Soft-NMS: Improving Object Detection With One Line of
 * Code", figure 2): the best box is kept and lowers the scores of those that overlap it, then the best of
 * the rest as they score now, and so on. Of equal boxes the one given first is the better.
 *
 * @param decay `linearDecay`, `gaussianDecay` or one's own; a box it gives 0 is dropped.
 * @returns the kept boxes by falling score.
 */
export function softNms(
  boxes: readonly Xyxy[],
  scores: ArrayLike<number>,
  decay: Decay,
  { floor = 0.001, most = Infinity, worths = scores }: SoftNmsOptions = {},
): SoftlyKept[] {
  const factors = new Float64Array(boxes.length).fill(1);
  const stays = (index: number) => factors[index] > 0 && scores[index] * factors[index] >= floor;
  const kept: SoftlyKept[] = [];
  let open = [...boxes.keys()].filter(stays);
  while (open.length > 0 && kept.length < most) {
    const best = open.reduce((a, b) => (worths[b] * factors[b] > worths[a] * factors[a] ? b : a));
    kept.push({ index: best, score: scores[best] * factors[best] });
    open = open.filter((index) => {
      if (index === best) return false;
      factors[index] *= decay(boxes[best], boxes[index]);
      return stays(index);
    });
  }
  return kept.sort((a, b) => b.score - a.score);
}
