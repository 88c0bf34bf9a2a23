import { type CocoDataset, readCoco } from '../../datasets/coco.js';
import { type CocoResults, readCocoResults } from '../../datasets/cocoResults.js';
import { UserError } from '../../src/errors.js';

/** Annotations, and what a detector found. */
export interface ScoredFiles {
  dataset: CocoDataset;
  results: CocoResults;
  /** Results of categories that the annotation file does not list, which do not count. */
  unlisted: number;
}

/**
 * Reads what is to be scored; both files may be compressed with gzip.
 * @throws UserError naming the file and the index of what is wrong, or of a result on a picture that is
 *   not listed
 */
export async function readScoredFiles(truth: string, found: string): Promise<ScoredFiles> {
  const dataset = readCoco(truth);
  const results = await readCocoResults(found);
  const images = new Set(dataset.images.map(({ id }) => id));
  const stray = results.imageIds.findIndex((id) => !images.has(id));
  if (stray >= 0) {
    throw new UserError(
      `${found}: results[${stray}] is about image ${results.imageIds[stray]}, which ${truth} does not list.`,
    );
  }
  const categories = new Set(dataset.categories.map(({ id }) => id));
  const unlisted = results.categoryIds.filter((id) => !categories.has(id)).length;
  return { dataset, results, unlisted };
}
