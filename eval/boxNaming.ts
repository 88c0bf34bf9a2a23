import type { Detector } from '../detectors/detector.js';
import { PictureReader } from '../detectors/pictureReader.js';
import { scaleBox } from '../src/geometry/boxes.js';
import { readAhead } from '../src/threads/readAhead.js';
import type { Accuracy, LabelledPicture } from './boxClassification.js';
import type { EncodeOptions } from './encodePictures.js';

/**
 * Box classification by a detector's own rule for given boxes: how often a box's class fits it best, or among the best
 * five; ties count against it.
 * @throws ImageError for a picture that cannot be read
 */
export async function nameBoxes(
  detector: Pick<Detector, 'boxClassifier'>,
  pictures: readonly LabelledPicture[],
  names: readonly string[],
  { onProgress, orientations }: Pick<EncodeOptions, 'onProgress' | 'orientations'> = {},
): Promise<Accuracy> {
  const classifier = await detector.boxClassifier(names);
  const reader = new PictureReader();
  const read = ({ file, annotated }: LabelledPicture) =>
    reader.read(file, classifier.sight(), { annotated });
  const ranks: number[] = [];
  let done = 0;
  try {
    for await (const { source, result } of readAhead(pictures, read, reader.ahead)) {
      const picture = await result;
      orientations?.add(source.file, picture.takenAs);
      const boxes = source.boxes.map((box) => scaleBox([...box], picture.width, picture.height));
      const fits = await classifier.classify(picture, boxes);
      source.classes.forEach((own, i) => {
        const row = fits.subarray(i * names.length, (i + 1) * names.length);
        ranks.push(
          row.reduce((above, fit, j) => above + (j !== own && fit >= row[own] ? 1 : 0), 0),
        );
      });
      onProgress?.(++done, pictures.length);
    }
  } finally {
    await reader.close();
  }
  const share = (places: number) => ranks.filter((rank) => rank < places).length / ranks.length;
  return { top1: share(1), top5: share(5), count: ranks.length };
}
