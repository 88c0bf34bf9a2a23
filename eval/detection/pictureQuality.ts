import type { CocoDataset } from '../../datasets/coco.js';
import type { CocoResults } from '../../datasets/cocoResults.js';
import { evaluateBoxes } from '../coco/index.js';
import { groundTruthOfDataset } from './groundTruth.js';

/** How well a picture's objects were found. */
export interface PictureQuality {
  /** Place in the data set. */
  image: number;
  /** Rows of the results that fit an object of their category at IoU 0.5, and rows that fit none. */
  right: number[];
  wrong: number[];
  /** Indices of the picture's boxes that nothing fits; crowds aside. */
  missed: number[];
  /** 2 right / (2 right + wrong + missed) */
  f1: number;
}

/**
 * Judges the boxes of each picture that score at least a threshold, by COCO's rules. Pictures without
 * objects are left out.
 * @returns the best pictures first; of equals the one with more objects
 */
export function judgePictures(
  dataset: CocoDataset,
  results: CocoResults,
  threshold: number,
): PictureQuality[] {
  const truth = groundTruthOfDataset(dataset);
  const owners = dataset.images.flatMap(({ boxes }, image) =>
    boxes.map((_, box) => ({ image, box })),
  );
  const placeOf = new Map(dataset.images.map(({ id }, place) => [id, place]));
  const judged = dataset.images.map((_, image) => ({
    image,
    right: [] as number[],
    wrong: [] as number[],
    found: new Set<number>(),
  }));
  const parameters = { iouThresholds: [0.5], areaRanges: [everything] };
  evaluateBoxes(truth, results, parameters, ({ rows, ignored, matched }) => {
    rows.forEach((row, i) => {
      if (ignored[i] || results.scores[row] < threshold) return;
      const picture = judged[placeOf.get(results.imageIds[row])!];
      if (matched[i] < 0) picture.wrong.push(row);
      else {
        picture.right.push(row);
        picture.found.add(owners[matched[i]].box);
      }
    });
  });
  return judged
    .map(({ image, right, wrong, found }) => {
      const missed = dataset.images[image].boxes.flatMap(({ crowd }, box) =>
        crowd || found.has(box) ? [] : [box],
      );
      const f1 = (2 * right.length) / Math.max(1, 2 * right.length + wrong.length + missed.length);
      return { image, right, wrong, missed, f1 };
    })
    .filter(({ right, missed }) => right.length + missed.length > 0)
    .sort((a, b) => b.f1 - a.f1 || objectsOf(b) - objectsOf(a));
}

const everything = { label: 'all', least: 0, most: 1e10 };

function objectsOf({ right, missed }: PictureQuality): number {
  return right.length + missed.length;
}
