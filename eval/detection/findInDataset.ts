import { join } from 'node:path';
import type { CocoDataset, CocoImage } from '../../datasets/coco.js';
import type { CocoResults } from '../../datasets/cocoResults.js';
import type { DetectOptions, Detector } from '../../detectors/detector.js';
import { UserError } from '../../src/errors.js';
import { DetectionColumns } from './detectionColumns.js';

export interface FindInDatasetOptions
  extends Pick<DetectOptions, 'threshold' | 'maxDetections' | 'maxPerImage'> {
  /** Told how many pictures are done. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Runs a detector over a data set's pictures. Boxes of data sets refer to pixels as they are stored, so
 * an EXIF orientation is not applied.
 * @param folder what the pictures' paths are relative to.
 * @param asked for a picture, indices of the categories to look for; their names are the prompts, with
 *   spaces for LVIS's underscores.
 * @throws UserError for two categories of one name, and for a picture that cannot be read
 */
export async function findInDataset(
  detector: Pick<Detector, 'encodeEach' | 'detect'>,
  { file, images, categories }: CocoDataset,
  folder: string,
  asked: (image: CocoImage) => readonly number[],
  { onProgress, ...options }: FindInDatasetOptions,
): Promise<CocoResults> {
  const prompts = categories.map(({ name }) => name.replaceAll('_', ' '));
  const idOfPrompt = new Map(prompts.map((prompt, i) => [prompt, categories[i].id]));
  if (idOfPrompt.size < prompts.length) {
    const twice = prompts.find((prompt, i) => prompts.indexOf(prompt) !== i);
    throw new UserError(`${file} has two categories named "${twice}".`);
  }
  const found = new DetectionColumns();
  const files = images.map((image) => join(folder, image.file));
  let done = 0;
  onProgress?.(done, images.length);
  for await (const encoded of detector.encodeEach(files, { ignoreOrientation: true })) {
    const image = images[done];
    const wanted = asked(image).map((category) => prompts[category]);
    for (const { label, score, box } of await detector.detect(encoded, wanted, options)) {
      const { xmin, ymin, xmax, ymax } = box;
      found.add(image.id, idOfPrompt.get(label)!, [xmin, ymin, xmax - xmin, ymax - ymin], score);
    }
    done++;
    onProgress?.(done, images.length);
  }
  return found.results();
}
