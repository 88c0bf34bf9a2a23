import { join } from 'node:path';
import type { CocoDataset } from '../../datasets/coco.js';
import type { Detector } from '../../detectors/detector.js';
import { UserError } from '../../src/errors.js';
import { averageRecall, evaluateBoxes } from '../coco/index.js';
import { DetectionColumns } from './detectionColumns.js';
import type { FindInDatasetOptions } from './findInDataset.js';
import { groundTruthOfDataset } from './groundTruth.js';

/** Numbers of regions that recall is measured at. */
const limits = [10, 100, 300];

/**
 * How many of a data set's objects the regions that a detector looks at fit, whatever they show: average
 * recall of each picture's 10, 100 and 300 best regions over COCO's IoU thresholds, and recall at 0.5.
 * @param folder what the pictures' paths are relative to.
 * @returns shares, 0..1; `count` of objects
 * @throws UserError for dense proposals, which are no regions until something is asked for, and for a
 *   picture that cannot be read
 */
export async function measureRegionRecall(
  detector: Pick<Detector, 'encodeEach'>,
  dataset: CocoDataset,
  folder: string,
  { onProgress }: Pick<FindInDatasetOptions, 'onProgress'>,
): Promise<Record<string, number>> {
  const { images, categories } = dataset;
  const found = new DetectionColumns();
  const files = images.map((image) => join(folder, image.file));
  let done = 0;
  onProgress?.(done, images.length);
  for await (const encoded of detector.encodeEach(files, { ignoreOrientation: true })) {
    const image = images[done];
    const { regions } = encoded.parts[0];
    if (!regions) {
      throw new UserError(
        'Dense proposals depend on what is asked for: their recall is that of average precision.',
      );
    }
    const { width, height } = encoded;
    for (const { box, quality } of regions.regions) {
      const [x1, y1, x2, y2] = box;
      const pixels = [x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height];
      found.add(image.id, categories[0].id, pixels, quality);
    }
    done++;
    onProgress?.(done, images.length);
  }
  const truth = groundTruthOfDataset(dataset);
  const evaluation = evaluateBoxes(truth, found.results(), {
    classAgnostic: true,
    maxDetections: limits,
  });
  return {
    ...Object.fromEntries(
      limits.map((most) => [`AR@${most}`, averageRecall(evaluation, { maxDetections: most })]),
    ),
    'R50@100': averageRecall(evaluation, { maxDetections: 100, iou: 0.5 }),
    count: truth.count,
  };
}
