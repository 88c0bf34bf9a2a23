import { join } from 'node:path';
import type { CocoDataset, CocoImage } from '../../datasets/coco.js';
import { annotatedAs } from '../../datasets/cocoImages.js';
import type { DetectOptions, Detector } from '../../detectors/detector.js';
import type { EncodedImage } from '../../detectors/encodedImage.js';
import type { Examples } from '../../detectors/examples.js';
import type { Prompt } from '../../detectors/prompts.js';
import { UserError } from '../../src/errors.js';
import { firstRepeated } from '../../src/firstRepeated.js';
import type { ExifChoice, OrientationCounts } from '../../src/images/orientation.js';
import { FoundStore } from './foundStore.js';

export interface LookOptions {
  /** Told how many pictures are done. */
  onProgress?: (done: number, total: number) => void;
  /** Where what is found is kept; pictures it has are not looked at again. Default: in memory. */
  store?: FoundStore;
  /** Which way round pictures with an EXIF orientation are taken. Default: as the listed sizes say. */
  exif?: ExifChoice;
  /** Told of pictures whose EXIF orientation makes a difference. */
  orientations?: OrientationCounts;
}

/**
 * Shows a detector the pictures of a data set that have not been looked at.
 * @param folder what the pictures' paths are relative to.
 * @param look what is found in a picture: category id, x, y, width, height and score of each box.
 * @returns what was found in all of them; pictures of other processes may be missing.
 * @throws UserError for a picture that cannot be read
 */
export async function lookThroughDataset(
  detector: Pick<Detector, 'encodeEach'>,
  { images }: Pick<CocoDataset, 'images'>,
  folder: string,
  look: (encoded: EncodedImage, image: CocoImage) => number[] | Promise<number[]>,
  { onProgress, store = new FoundStore(), exif, orientations }: LookOptions,
): Promise<FoundStore> {
  const missing = store.missing(images);
  const files = missing.map((image) => join(folder, image.file));
  let done = 0;
  const before = images.length - missing.length;
  onProgress?.(before, images.length);
  const annotated = (index: number) => annotatedAs(missing[index], exif);
  for await (const encoded of detector.encodeEach(files, { annotated })) {
    const image = missing[done];
    orientations?.add(files[done], encoded.takenAs);
    await store.add(image.id, await look(encoded, image));
    done++;
    onProgress?.(before + done, images.length);
  }
  return store;
}

export interface FindInDatasetOptions
  extends LookOptions,
    Pick<DetectOptions, 'threshold' | 'maxDetections' | 'maxPerImage' | 'gate'> {
  /** Names that are asked for as well: what they find takes places, and is not returned. */
  distractors?: readonly string[];
  /** Examples of categories, by their names. */
  examples?: ReadonlyMap<string, Examples>;
  /** Whether categories with examples are asked for by their names as well. Default: true. */
  words?: boolean;
}

/**
 * Looks for categories in a data set's pictures.
 * @param folder what the pictures' paths are relative to.
 * @param asked for a picture, indices of the categories to look for; their names are the prompts, with
 *   spaces for LVIS's underscores.
 * @throws UserError for two categories of one name, and for a picture that cannot be read
 */
export async function findInDataset(
  detector: Pick<Detector, 'encodeEach' | 'detect'>,
  dataset: CocoDataset,
  folder: string,
  asked: (image: CocoImage) => readonly number[],
  {
    onProgress,
    store,
    exif,
    orientations,
    distractors = [],
    examples,
    words = true,
    ...options
  }: FindInDatasetOptions,
): Promise<FoundStore> {
  const { file, categories } = dataset;
  const prompts = categories.map(({ name }) => name.replaceAll('_', ' '));
  const idOfPrompt = new Map(prompts.map((prompt, i) => [prompt, categories[i].id]));
  if (idOfPrompt.size < prompts.length) {
    throw new UserError(`${file} has two categories named "${firstRepeated(prompts)}".`);
  }
  const promptOf = (category: number): string | Prompt => {
    const label = prompts[category];
    const shown = examples?.get(categories[category].name);
    return shown ? { label, phrasings: words ? [label] : [], examples: shown } : label;
  };
  const look = async (encoded: EncodedImage, image: CocoImage) => {
    const wanted = [...asked(image).map((category) => promptOf(category)), ...distractors];
    const found = await detector.detect(encoded, wanted, options);
    return found.flatMap(({ label, score, box: { xmin, ymin, xmax, ymax } }) => {
      const id = idOfPrompt.get(label);
      return id === undefined ? [] : [id, xmin, ymin, xmax - xmin, ymax - ymin, score];
    });
  };
  return lookThroughDataset(detector, dataset, folder, look, {
    onProgress,
    store,
    exif,
    orientations,
  });
}
