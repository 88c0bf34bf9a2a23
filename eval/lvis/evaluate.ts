import { accumulate, emptyEvaluation } from '../coco/accumulate.js';
import { arrange } from '../coco/arrange.js';
import { areasOf, boxOverlap, type Overlap } from '../coco/boxOverlap.js';
import {
  type CategoryMatches,
  cocoParameters,
  type Detections,
  type Evaluation,
  type Masks,
  maskOverlap,
} from '../coco/index.js';
import { type Leniency, matchCategories } from '../coco/match.js';
import { bestOfGroups } from './limits.js';
import type { LvisGroundTruth } from './tables.js';

/** Which detections count. */
export type LvisLimit =
  /** The best of each picture, over all categories: LVIS's own, with 300. */
  | { perImage: number }
  /** The best of each category over the whole data set: the fixed AP of Dave et al., 2021, with 10,000. */
  | { perCategory: number };

/** The limit of the LVIS challenge. */
export const lvisLimit: LvisLimit = { perImage: 300 };

/**
 * LVIS's evaluation of boxes, as lvis-api computes it, its quirk apart that an object with the id 0 cannot
 * be found. A detection counts if its category has an object on its picture or is listed as not being there;
 * where a category was not annotated exhaustively, detections that match nothing are not wrong.
 * @param onMatches is told, category by category, what was matched with what.
 * @throws RangeError for an object or a detection on a picture that is not listed.
 */
export function evaluateLvis(
  truth: LvisGroundTruth,
  detections: Detections,
  limit: LvisLimit = lvisLimit,
  onMatches?: (matches: CategoryMatches) => void,
): Evaluation {
  return evaluateBy(boxOverlap(truth, detections), truth, detections, limit, onMatches);
}

/**
 * LVIS's evaluation of masks: as that of boxes, but for what overlaps.
 * @throws RangeError as `evaluateLvis`, and for masks of another size than their picture's.
 */
export function evaluateLvisMasks(
  truth: LvisGroundTruth & Masks,
  detections: Detections & Masks,
  limit: LvisLimit = lvisLimit,
  onMatches?: (matches: CategoryMatches) => void,
): Evaluation {
  const overlap = maskOverlap(truth.masks, truth.crowds, detections.masks, areasOf(detections));
  return evaluateBy(overlap, truth, detections, limit, onMatches);
}

function evaluateBy(
  overlap: Overlap,
  truth: LvisGroundTruth,
  detections: Detections,
  limit: LvisLimit,
  onMatches?: (matches: CategoryMatches) => void,
): Evaluation {
  const parameters = { ...cocoParameters, maxDetections: [Infinity] };
  const within =
    'perImage' in limit
      ? bestOfGroups(detections.imageIds, detections.scores, limit.perImage)
      : bestOfGroups(detections.categoryIds, detections.scores, limit.perCategory);
  const places = placesOf(truth);
  const judged = judgedPairs(truth, places);
  const categories = places.categories.size;
  const arrangement = arrange(
    truth,
    detections,
    parameters,
    (row, picture, category) => within[row] === 1 && judged.has(picture * categories + category),
  );
  const evaluation = emptyEvaluation(parameters, arrangement.categoryIds);
  const leniency = leniencyOf(truth, places);
  for (const matches of matchCategories(truth, arrangement, overlap, parameters, leniency)) {
    accumulate(evaluation, matches, detections.scores);
    onMatches?.(matches);
  }
  return evaluation;
}

/** Of each id, its place among the rising ids. */
interface Places {
  images: Map<number, number>;
  categories: Map<number, number>;
}

function placesOf({ images, categories }: LvisGroundTruth): Places {
  const ranked = (ids: ArrayLike<number>) =>
    new Map(Array.from(Float64Array.from(ids).sort(), (id, place) => [id, place]));
  return { images: ranked(images), categories: ranked(categories) };
}

/** Pairs of a picture and a category for which the annotations say what is there, as one number each. */
function judgedPairs(truth: LvisGroundTruth, { images, categories }: Places): Set<number> {
  const pairs = listedPairs(truth.images, truth.negatives, { images, categories });
  for (let row = 0; row < truth.count; row++) {
    const picture = images.get(truth.imageIds[row]);
    const category = categories.get(truth.categoryIds[row]);
    if (picture === undefined || category === undefined) continue;
    pairs.add(picture * categories.size + category);
  }
  return pairs;
}

function leniencyOf(truth: LvisGroundTruth, places: Places): Leniency {
  const notExhaustive = listedPairs(truth.images, truth.notExhaustive, places);
  const count = places.categories.size;
  return {
    excusesObject: (object) => truth.ignores[object] === 1,
    excusesUnmatched: (category, picture) => notExhaustive.has(picture * count + category),
  };
}

/** @param lists for each image, ids of categories. */
function listedPairs(
  imageIds: ArrayLike<number>,
  lists: readonly (readonly number[])[],
  { images, categories }: Places,
): Set<number> {
  const pairs = new Set<number>();
  lists.forEach((ids, i) => {
    const picture = images.get(imageIds[i])!;
    for (const id of ids) {
      const category = categories.get(id);
      if (category !== undefined) pairs.add(picture * categories.size + category);
    }
  });
  return pairs;
}
