import { type CategoryChoice, chooseCategories } from '../../datasets/categorySplit.js';
import type { CocoDataset } from '../../datasets/coco.js';
import { readCocoResults } from '../../datasets/cocoResults.js';
import { writeCocoResults } from '../../datasets/writeCocoResults.js';
import type { Detector } from '../../detectors/detector.js';
import { averagePrecision, averageRecall, type Evaluation, evaluateBoxes } from '../coco/index.js';
import { type FindInDatasetOptions, findInDataset } from './findInDataset.js';
import { groundTruthOfDataset } from './groundTruth.js';

export interface AveragePrecisionOptions extends FindInDatasetOptions {
  /** The categories that training knew; the others are novel. Default: no such division. */
  base?: CategoryChoice;
  /** A COCO results file to write; what it holds is scored, so that others get the same numbers from it. */
  results?: string;
}

/**
 * COCO's average precision of a detector over a data set. Every picture is asked for every category that the data set has an object of; the others
 * have no average precision.
 * @param folder what the pictures' paths are relative to.
 * @returns shares, 0..1, by the names that COCO and open-vocabulary papers use; `count` of objects
 * @throws UserError for a split that does not fit the data set, and for a picture that cannot be read
 */
export async function measureAveragePrecision(
  detector: Pick<Detector, 'encodeEach' | 'detect'>,
  dataset: CocoDataset,
  folder: string,
  { base, results, ...options }: AveragePrecisionOptions,
): Promise<Record<string, number>> {
  const baseCategories = base && chooseCategories(dataset, base);
  const present = new Set(
    dataset.images.flatMap(({ boxes }) => boxes.map(({ category }) => category)),
  );
  const asked = [...present].sort((a, b) => a - b);
  let found = await findInDataset(detector, dataset, folder, () => asked, options);
  if (results !== undefined) {
    await writeCocoResults(results, found);
    found = await readCocoResults(results);
  }
  const truth = groundTruthOfDataset(dataset);
  const evaluation = evaluateBoxes(truth, found);
  const known = (isBase: boolean) =>
    placesOf(evaluation, dataset, (category) => baseCategories!.has(category) === isBase);
  return {
    AP: averagePrecision(evaluation),
    AP50: averagePrecision(evaluation, { iou: 0.5 }),
    ...(baseCategories && {
      'base AP': averagePrecision(evaluation, { categories: known(true) }),
      'base AP50': averagePrecision(evaluation, { categories: known(true), iou: 0.5 }),
      'novel AP': averagePrecision(evaluation, { categories: known(false) }),
      'novel AP50': averagePrecision(evaluation, { categories: known(false), iou: 0.5 }),
    }),
    'AR@100': averageRecall(evaluation, { maxDetections: 100 }),
    count: truth.count,
  };
}

/** Places in an evaluation of those categories, given by index into the data set's, that `take` takes. */
function placesOf(
  { categoryIds }: Evaluation,
  { categories }: CocoDataset,
  take: (category: number) => boolean,
): number[] {
  const indexOf = new Map(categories.map(({ id }, i) => [id, i]));
  return categoryIds.flatMap((id, place) => (take(indexOf.get(id)!) ? [place] : []));
}
