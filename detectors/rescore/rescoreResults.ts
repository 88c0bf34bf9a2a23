import { join } from 'node:path';
import type { CocoDataset, CocoImage } from '../../datasets/coco.js';
import { annotatedAs } from '../../datasets/cocoImages.js';
import { type CocoResults, rowsByImage } from '../../datasets/cocoResults.js';
import { UserError } from '../../src/errors.js';
import { boxArea, clipBox, type Xywh, type Xyxy, xywhToXyxy } from '../../src/geometry/boxes.js';
import { classwiseNms } from '../../src/geometry/nms.js';
import type { ExifChoice, OrientationCounts } from '../../src/images/orientation.js';
import { readAhead } from '../../src/threads/readAhead.js';
import { PictureReader } from '../pictureReader.js';
import type { PreparedPicture } from '../preparedPicture.js';
import type { Rescorer } from './rescorer.js';

export interface RescoreResultsOptions {
  /** Boxes of one class in a picture that overlap more (intersection over union) are one. Default: no limit. */
  nms?: number;
  /** Which way round pictures with an EXIF orientation are taken. Default: as the listed sizes say. */
  exif?: ExifChoice;
  /** Told of pictures whose EXIF orientation makes a difference. */
  orientations?: OrientationCounts;
  /** Told how many pictures are done. */
  onPicture?: (done: number, total: number) => void;
}

/**
 * Gives every result the class that the model takes its box for, and a new score. Boxes stay as they are;
 * results whose boxes have no area inside their pictures are left out.
 * @param dataset its categories are the classes of the rescorer, in order.
 * @param folder what the pictures' paths are relative to.
 * @returns the results in the given order.
 * @throws UserError for a picture that cannot be read or is not of the size that is listed.
 */
export async function rescoreResults(
  rescorer: Pick<Rescorer, 'sight' | 'score'>,
  dataset: CocoDataset,
  results: CocoResults,
  folder: string,
  { nms, exif, orientations, onPicture }: RescoreResultsOptions = {},
): Promise<CocoResults> {
  const rowsOf = rowsByImage(results);
  const images = dataset.images.filter(({ id }) => rowsOf.has(id));
  const categoryIds = new Float64Array(results.count);
  const scores = new Float64Array(results.count);
  const kept = new Uint8Array(results.count);
  const reader = new PictureReader();
  const read = (image: CocoImage) =>
    reader.read(join(folder, image.file), rescorer.sight(), {
      annotated: annotatedAs(image, exif),
    });
  let done = 0;
  try {
    onPicture?.(done, images.length);
    for await (const { source: image, result } of readAhead(images, read, reader.ahead)) {
      const picture = await result;
      orientations?.add(image.file, picture.takenAs);
      checkSize(picture, image, dataset.file);
      const { rows, boxes } = visibleBoxes(results, rowsOf.get(image.id)!, picture);
      const confidences = rows.map((row) => results.scores[row]);
      const found = await rescorer.score(picture, boxes, confidences);
      const classes = found.map((region) => region.class);
      const fused = found.map(({ score }) => score);
      const chosen = nms === undefined ? rows.keys() : classwiseNms(boxes, fused, classes, nms);
      for (const i of chosen) {
        categoryIds[rows[i]] = dataset.categories[classes[i]].id;
        scores[rows[i]] = fused[i];
        kept[rows[i]] = 1;
      }
      onPicture?.(++done, images.length);
    }
  } finally {
    await reader.close();
  }
  const ofKept = (column: Float64Array) => column.filter((_, row) => kept[row] === 1);
  return {
    count: kept.reduce((sum, one) => sum + one, 0),
    imageIds: ofKept(results.imageIds),
    categoryIds: ofKept(categoryIds),
    boxes: results.boxes.filter((_, i) => kept[Math.floor(i / 4)] === 1),
    scores: ofKept(scores),
  };
}

function checkSize(
  picture: PreparedPicture,
  { file, width = picture.width, height = picture.height }: CocoImage,
  list: string,
): void {
  if (picture.width === width && picture.height === height) return;
  throw new UserError(
    `${file} has ${picture.width} × ${picture.height} pixels, but ${list} lists it with ` +
      `${width} × ${height}: the boxes would not fit. Was it resized?`,
  );
}

/** The boxes that have an area inside the picture, clipped to it, and the rows that they are from. */
function visibleBoxes(
  results: CocoResults,
  ofPicture: Uint32Array,
  { width, height }: PreparedPicture,
): { rows: number[]; boxes: Xyxy[] } {
  const rows: number[] = [];
  const boxes: Xyxy[] = [];
  for (const row of ofPicture) {
    const [x, y, w, h] = results.boxes.subarray(4 * row, 4 * row + 4);
    const box = clipBox(xywhToXyxy([x, y, w, h] satisfies Xywh), width, height);
    if (boxArea(box) <= 0) continue;
    rows.push(row);
    boxes.push(box);
  }
  return { rows, boxes };
}
