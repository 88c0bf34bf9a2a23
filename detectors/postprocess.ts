import { boxContainment, boxIou, type Xyxy } from '../src/geometry/boxes.js';
import { nms } from '../src/geometry/nms.js';
import { gaussianDecay, linearDecay, softNms } from '../src/geometry/softNms.js';
import { groupBy } from '../src/groupBy.js';
import { type Thresholds, thresholdOf } from './thresholds.js';

/** A region that may become a detection; what else it carries is kept. */
export interface Candidate {
  label: string;
  /** 0..1 */
  score: number;
  /** In any unit, the same for all. */
  box: Xyxy;
  /** What duplicates are judged by, where the score alone would not do. Default: the score. */
  worth?: number;
}

/**
 * What becomes of boxes that overlap a better one of their label: `hard` drops them; `linear` and
 * `gaussian` lower their scores the more they overlap (soft-NMS), which keeps things that stand close
 * together.
 */
export const suppressionMethods = ['hard', 'linear', 'gaussian'] as const;
export type SuppressionMethod = (typeof suppressionMethods)[number];

export interface PostprocessOptions extends Thresholds {
  /** Boxes of one label whose intersection over union is greater overlap. Not used by `gaussian`. */
  nms: number;
  /** Default: hard. */
  method?: SuppressionMethod;
  /** How slowly `gaussian` lowers scores. Default: 0.5. */
  sigma?: number;
  /**
   * A box of which more lies inside a better one of its label, or the other way round, is dropped,
   * whatever the method. Default: 1, none.
   */
  containment?: number;
  /**
   * Boxes of different labels whose intersection over union is greater are one thing, which gets the
   * label that scores best; for synonyms. Default: no limit. With it, and with `maxPerImage`, what is
   * found for one label depends on the other labels; with nothing else.
   */
  acrossLabels?: number;
  /** Most boxes of each label. */
  maxDetections?: number;
  /** Most boxes of all labels together. */
  maxPerImage?: number;
}

/**
 * Makes detections of one picture's candidates: what scores enough, without duplicates, the best of each
 * label and the best of all.
 *
 * @param candidates in any order. Where there are very many, it saves time not to make objects of those
 *   below their threshold.
 * @returns those that stay, by falling score; soft suppression has lowered some scores.
 */
export function postprocess<T extends Candidate>(
  candidates: readonly T[],
  options: PostprocessOptions,
): T[] {
  const labels = [...groupBy(candidates, ({ label }) => label).values()];
  return bestOfAll(
    labels.flatMap((ofLabel) => bestOfLabel(ofLabel, options)),
    options,
  );
}

/** What `postprocess` does for each label. @param candidates of one label. */
export function bestOfLabel<T extends Candidate>(
  candidates: readonly T[],
  options: PostprocessOptions,
): T[] {
  if (candidates.length === 0) return [];
  const threshold = thresholdOf(candidates[0].label, options);
  const enough = candidates.filter(({ score }) => score >= threshold);
  return withoutDuplicates(enough, threshold, options);
}

/** What `postprocess` does in the end. @param found the best of each label. */
export function bestOfAll<T extends Candidate>(
  found: readonly T[],
  { acrossLabels = Infinity, maxPerImage = Infinity }: PostprocessOptions,
): T[] {
  const byScore = found.toSorted((a, b) => b.score - a.score);
  return withoutSynonyms(byScore, acrossLabels).slice(0, maxPerImage);
}

/** @param members of one label. */
function withoutDuplicates<T extends Candidate>(
  members: readonly T[],
  threshold: number,
  options: PostprocessOptions,
): T[] {
  if (members.length < 2) return members.slice(0, options.maxDetections);
  const { containment = 1, maxDetections: most, method = 'hard' } = options;
  const boxes = members.map(({ box }) => box);
  const worths = members.map(({ score, worth }) => worth ?? score);
  if (method === 'hard') {
    const same = (a: Xyxy, b: Xyxy) =>
      boxIou(a, b) > options.nms || boxContainment(a, b) > containment ? 1 : 0;
    return nms(boxes, worths, 0, same, most).map((index) => members[index]);
  }
  const decay =
    method === 'linear' ? linearDecay(options.nms) : gaussianDecay(options.sigma ?? 0.5);
  const scores = members.map(({ score }) => score);
  return softNms(
    boxes,
    scores,
    (kept, box) => (boxContainment(kept, box) > containment ? 0 : decay(kept, box)),
    { floor: threshold, most, worths },
  ).map(({ index, score }) => ({ ...members[index], score }));
}

/** @param found by falling score. */
function withoutSynonyms<T extends Candidate>(found: T[], limit: number): T[] {
  if (limit >= 1) return found;
  const kept: T[] = [];
  for (const candidate of found) {
    const known = kept.some(
      ({ label, box }) => label !== candidate.label && boxIou(box, candidate.box) > limit,
    );
    if (!known) kept.push(candidate);
  }
  return kept;
}
