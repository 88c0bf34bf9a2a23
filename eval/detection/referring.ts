import type { CocoImage } from '../../datasets/coco.js';
import type { ReferringExpression } from '../../datasets/referring.js';
import type { Detector } from '../../detectors/detector.js';
import { boxIou, type Xyxy } from '../../src/geometry/boxes.js';
import { groupBy } from '../../src/groupBy.js';
import { type LookOptions, lookThroughDataset } from './findInDataset.js';

/** What is found of one phrase counts from this IoU on. */
const leastIou = 0.5;

/**
 * Whether phrases are understood that mean one thing each: the best box of each phrase against the thing's, as RefCOCO,
 * RefCOCO+ and RefCOCOg are measured. The thing is there, so that no threshold and no gate applies.
 * @param folder what the pictures' paths are relative to.
 * @returns undefined while other processes have pictures to look at
 * @throws UserError for a picture that cannot be read
 */
export async function measureReferring(
  detector: Pick<Detector, 'encodeEach' | 'detect'>,
  expressions: readonly ReferringExpression[],
  folder: string,
  options: LookOptions,
): Promise<Record<string, number> | undefined> {
  const pictures = [...groupBy(expressions, ({ image }) => image).values()];
  const images = pictures.map(([{ image: file, width, height }], i): CocoImage => {
    return { id: i + 1, file, width, height, boxes: [] };
  });
  const store = await lookThroughDataset(
    detector,
    { images },
    folder,
    async (encoded, { id }) => {
      const rows: number[] = [];
      for (const [i, { phrase }] of pictures[id - 1].entries()) {
        const [best] = await detector.detect(encoded, [phrase], {
          ...{ threshold: 0, maxDetections: 1, gate: false },
        });
        if (!best) continue;
        const { xmin, ymin, xmax, ymax } = best.box;
        // In place of a category stands which of the picture's phrases it is.
        rows.push(i, xmin, ymin, xmax - xmin, ymax - ymin, best.score);
      }
      return rows;
    },
    options,
  );
  if (!store.complete(images)) return undefined;
  const { count, imageIds, categoryIds, boxes } = store.results(images);
  let [right, sum] = [0, 0];
  for (let row = 0; row < count; row++) {
    const [x, y, width, height] = boxes.subarray(4 * row, 4 * row + 4);
    const found: Xyxy = [x, y, x + width, y + height];
    const iou = boxIou(found, pictures[imageIds[row] - 1][categoryIds[row]].box);
    if (iou >= leastIou) right++;
    sum += iou;
  }
  return {
    accuracy: right / expressions.length,
    'mean IoU': sum / expressions.length,
    'without a box': 1 - count / expressions.length,
    pictures: images.length,
    count: expressions.length,
  };
}
