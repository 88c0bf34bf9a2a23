import { chooseCategories, readCategoryChoice } from '../../datasets/categorySplit.js';
import { type CocoDataset, readCoco } from '../../datasets/coco.js';
import { checkProbabilities, readCocoResults } from '../../datasets/cocoResults.js';
import type { ResultIds } from '../../datasets/resultIdKinds.js';
import { writeCocoResults } from '../../datasets/writeCocoResults.js';
import { UserError } from '../../src/errors.js';
import type { LoadOptions } from '../../src/fgclip/model.js';
import type { PatchLimit } from '../../src/images/naflex.js';
import { OrientationCounts, orientationNote } from '../../src/images/orientation.js';
import { shippedModel } from '../../src/modelFamily.js';
import { loadFeatureModel } from '../loadModel.js';
import { fusionWeights } from '../regions/closedVocabulary.js';
import { type RescoreResultsOptions, rescoreResults } from './rescoreResults.js';
import { Rescorer } from './rescorer.js';

/** Where things are. */
export interface RescoreFiles {
  /** COCO results of any detector, scores 0..1; may be compressed with gzip. */
  results: string;
  /** The COCO or LVIS file that lists the pictures, and the categories, which are the classes. */
  annotations: string;
  /** What the pictures' paths are relative to. */
  images: string;
  /** The results file to write. */
  output: string;
}

export interface RescoreOptions extends Omit<LoadOptions, 'taps'>, RescoreResultsOptions {
  /** Model folder or Hugging Face name. Default: the model that ships with the package. */
  model?: string;
  /** As in `DetectorOptions`. */
  patches?: PatchLimit;
  /** Sentences a category's name is put into, "{}" as it is, "{a}" with an article. Default: the model's. */
  templates?: readonly string[];
  /** What cosines are multiplied by before the softmax. Default: the model's; F-ViT: 75 (COCO), 50 (LVIS). */
  temperature?: number;
  /**
   * The categories that the detector was trained on: "not-rare", or a file with a JSON list of names. The
   * others are novel. Default: no such division, and the geometric mean for all.
   */
  base?: string;
  /** The weight of the model's probability for base categories, 0..1. Default: 0.1. */
  alpha?: number;
  /** The weight of the model's probability for novel categories, 0..1. Default: 0.8, F-ViT's for COCO. */
  beta?: number;
  /** Whose ids the results have. Default: what the files say themselves. */
  ids?: ResultIds;
  /** Told what a person should know of how the files were understood. */
  onNote?(note: string): void;
}

export interface Rescored {
  /** Pictures that there are results of. */
  images: number;
  /** Results that were read, and that were written. */
  read: number;
  written: number;
}

/**
 * Scores the results of another detector again: each box gets the category that the model takes it for, out of
 * all that the annotation file lists, and detector^(1−w) · probability^w as its score, where w is 0.5 (the
 * geometric mean), or α and β for base and novel categories.
 * @throws UserError naming the file and what is wrong with it; nothing is written then.
 */
export async function rescore(
  files: RescoreFiles,
  options: RescoreOptions = {},
): Promise<Rescored> {
  const { model = shippedModel, templates, temperature, ids, onNote } = options;
  const dataset = readCoco(files.annotations);
  if (dataset.categories.length === 0) {
    throw new UserError(`${files.annotations} lists no categories, so there are no classes.`);
  }
  const weights = weightsOf(dataset, options);
  // The categories of the results are not asked about: boxes get others.
  const { categories: _, ...truth } = dataset;
  const results = await readCocoResults(files.results, { truth, ids });
  for (const note of results.notes ?? []) onNote?.(note);
  checkProbabilities(results, files.results);

  const { model: features } = await loadFeatureModel(model, options);
  try {
    const names = dataset.categories.map(({ name }) => name.replaceAll('_', ' '));
    const classifier = await features.boxClassifier(names, { templates, temperature });
    const rescorer = new Rescorer(classifier, weights);
    const orientations = new OrientationCounts();
    const rescored = await rescoreResults(rescorer, dataset, results, files.images, {
      ...options,
      orientations,
    });
    await writeCocoResults(files.output, rescored, dataset);
    const turned = orientationNote(orientations.shown.size, orientations.stored.size);
    if (turned) onNote?.(turned);
    const images = new Set(results.imageIds).size;
    return { images, read: results.count, written: rescored.count };
  } finally {
    await features.dispose();
  }
}

function weightsOf(dataset: CocoDataset, { base, alpha = 0.1, beta = 0.8 }: RescoreOptions) {
  if (base === undefined) return dataset.categories.map(() => 0.5);
  const known = chooseCategories(dataset, readCategoryChoice(base));
  const novel = dataset.categories.map((_, category) => !known.has(category));
  return fusionWeights(novel, alpha, beta);
}
