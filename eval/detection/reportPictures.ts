import { join } from 'node:path';
import type { CocoDataset } from '../../datasets/coco.js';
import { annotatedAs } from '../../datasets/cocoImages.js';
import type { CocoResults } from '../../datasets/cocoResults.js';
import { writeAtomically } from '../../src/files/atomicFile.js';
import { decodeImage } from '../../src/images/decode.js';
import { type DrawnDetection, drawDetections } from '../../src/images/draw.js';
import type { ExifChoice } from '../../src/images/orientation.js';
import type { ReportFile } from '../taskOutcome.js';
import { judgePictures, type PictureQuality } from './pictureQuality.js';

const perKind = 6;
const [right, wrong, missed] = [
  [0, 158, 115],
  [213, 94, 0],
  [86, 180, 233],
] as const;

/**
 * Draws the pictures in which a detector did best and worst: what it found rightly in green, wrongly in
 * orange, what it missed in light blue.
 * @param folder of the pictures.
 * @param target a folder for "best-1.jpg" and so on, made where it is missing.
 * @param threshold least score of a box that is drawn.
 * @param exif which way round pictures with an EXIF orientation are taken. Default: as the listed sizes say.
 */
export async function writeReportPictures(
  dataset: CocoDataset,
  folder: string,
  results: CocoResults,
  threshold: number,
  target: string,
  exif?: ExifChoice,
): Promise<ReportFile[]> {
  const judged = judgePictures(dataset, results, threshold);
  const count = Math.min(perKind, Math.floor(judged.length / 2));
  const kinds = {
    best: judged.slice(0, count),
    worst: judged.slice(judged.length - count).reverse(),
  };
  const files: ReportFile[] = [];
  for (const [kind, pictures] of Object.entries(kinds)) {
    for (const [i, quality] of pictures.entries()) {
      const name = `${kind}-${i + 1}.jpg`;
      const image = dataset.images[quality.image];
      const applyOrientation = annotatedAs(image, exif);
      const decoded = await decodeImage(join(folder, image.file), { applyOrientation });
      const drawn = drawnBoxes(dataset, results, quality);
      const labels = dataset.categories.map(({ name }) => name);
      const bytes = await drawDetections(decoded, drawn, { format: 'jpeg', labels });
      await writeAtomically(join(target, name), (handle) => handle.writeFile(bytes));
      files.push({
        name,
        caption: `${image.file}: ${quality.right.length} right, ${quality.wrong.length} wrong, ${quality.missed.length} missed`,
      });
    }
  }
  return files;
}

function drawnBoxes(
  { images, categories }: CocoDataset,
  { boxes, scores, categoryIds }: CocoResults,
  quality: PictureQuality,
): DrawnDetection[] {
  const nameOf = new Map(categories.map(({ id, name }) => [id, name]));
  const found = (row: number, colour: DrawnDetection['colour']): DrawnDetection => {
    const [x, y, width, height] = boxes.subarray(4 * row, 4 * row + 4);
    return {
      label: nameOf.get(categoryIds[row]) ?? '',
      score: scores[row],
      box: { xmin: x, ymin: y, xmax: x + width, ymax: y + height },
      colour,
    };
  };
  const overlooked = quality.missed.map((index): DrawnDetection => {
    const { box, category } = images[quality.image].boxes[index];
    const [xmin, ymin, xmax, ymax] = box;
    return { label: categories[category].name, box: { xmin, ymin, xmax, ymax }, colour: missed };
  });
  return [
    ...quality.right.map((row) => found(row, right)),
    ...quality.wrong.map((row) => found(row, wrong)),
    ...overlooked,
  ];
}
