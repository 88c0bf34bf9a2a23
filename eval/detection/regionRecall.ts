import { type CategoryChoice, chooseCategories } from '../../datasets/categorySplit.js';
import type { CocoDataset } from '../../datasets/coco.js';
import type { Detector } from '../../detectors/detector.js';
import type { EncodedImage } from '../../detectors/encodedImage.js';
import { UserError } from '../../src/errors.js';
import { averageRecall, evaluateBoxes } from '../coco/index.js';
import { type LookOptions, lookThroughDataset } from './findInDataset.js';
import { groundTruthOfDataset } from './groundTruth.js';

/** Numbers of regions that recall is measured at. */
const limits = [10, 100, 300, 1000];

export interface RegionRecallOptions extends LookOptions {
  /** The categories that training knew: recall of their objects, and of the others, is measured apart too. */
  base?: CategoryChoice;
}

/**
 * How many of a data set's objects the regions that a detector looks at fit, whatever they show: average
 * recall of each picture's 10, 100, 300 and 1,000 best regions over COCO's IoU thresholds, and recall at 0.5.
 * @param folder what the pictures' paths are relative to.
 * @returns shares, 0..1, and `count` of objects; undefined while other processes have pictures to look at
 * @throws UserError for regions that depend on what is asked for, and for a picture that cannot be read
 */
export async function measureRegionRecall(
  detector: Pick<Detector, 'encodeEach'>,
  dataset: CocoDataset,
  folder: string,
  { base, ...options }: RegionRecallOptions,
): Promise<Record<string, number> | undefined> {
  const known = base && chooseCategories(dataset, base);
  const anyCategory = dataset.categories[0].id;
  const store = await lookThroughDataset(
    detector,
    dataset,
    folder,
    (encoded) => regionsOf(encoded).flatMap((region) => [anyCategory, ...region]),
    options,
  );
  if (!store.complete(dataset.images)) return undefined;
  const found = store.results(dataset.images);
  const recallOf = (name: string, counts: (category: number) => boolean) => {
    const images = dataset.images.map((image) => ({
      ...image,
      boxes: image.boxes.filter(({ category }) => counts(category)),
    }));
    const truth = groundTruthOfDataset({ ...dataset, images });
    const evaluation = evaluateBoxes(truth, found, { classAgnostic: true, maxDetections: limits });
    const recalls = limits.map((most) => [
      `${name}AR@${most}`,
      averageRecall(evaluation, { maxDetections: most }),
    ]);
    return {
      ...Object.fromEntries(recalls),
      [`${name}R50@100`]: averageRecall(evaluation, { maxDetections: 100, iou: 0.5 }),
    };
  };
  return {
    ...recallOf('', () => true),
    ...(known && recallOf('base ', (category) => known.has(category))),
    ...(known && recallOf('novel ', (category) => !known.has(category))),
    count: dataset.images.reduce((sum, { boxes }) => sum + boxes.length, 0),
  };
}

/** x, y, width, height in pixels and quality of each region that a detector looks at. */
function regionsOf({ parts, width, height }: EncodedImage): number[][] {
  const [{ seen, regionsFor }] = parts;
  const { regions } = seen;
  if (!regions || regionsFor) {
    throw new UserError(
      'Proposals that are dense, or of a detector that is given the prompts, depend on what is asked for: their recall is ' +
        'that of average precision.',
    );
  }
  return regions.map(({ box: [x1, y1, x2, y2], quality }) => [
    ...[x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height],
    quality,
  ]);
}
