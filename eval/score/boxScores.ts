import { type CategoryChoice, chooseCategories } from '../../datasets/categorySplit.js';
import { type CocoDataset, readCoco } from '../../datasets/coco.js';
import { type CocoResults, readCocoResults } from '../../datasets/cocoResults.js';
import { UserError } from '../../src/errors.js';
import {
  averagePrecision,
  averageRecall,
  type CategorySummary,
  type Evaluation,
  evaluateBoxes,
  summarize,
  summarizeCategories,
} from '../coco/index.js';
import { groundTruthOfDataset } from '../detection/groundTruth.js';

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

export interface ScoreOptions {
  /** Most boxes of a picture and category that count, the best ones. Default: 1, 10, 100. */
  maxDetections?: readonly number[];
  /** Take all categories for one. */
  classAgnostic?: boolean;
}

export interface CategoryScore extends CategorySummary {
  name: string;
}

export interface CocoScores {
  /** COCO's twelve numbers, 0..1, or −1 where there is nothing to find. */
  stats: Record<string, number>;
  /** Of every category; one alone, with the id −1, where they are taken for one. */
  perCategory: CategoryScore[];
}

/** COCO's scores of boxes. */
export function scoreCoco(
  { dataset, results }: ScoredFiles,
  options: ScoreOptions = {},
): CocoScores {
  const evaluation = evaluateBoxes(groundTruthOfDataset(dataset), results, options);
  return { stats: summarize(evaluation), perCategory: named(evaluation, dataset) };
}

export interface SplitScores extends CocoScores {
  /** Shares 0..1: the mean of the categories' AP50; −1 where there is nothing to find. */
  split: { base: number; novel: number; all: number };
}

/**
 * Open-vocabulary scores: average precision at IoU 0.5 of base and of novel categories, as OVR-CNN, ViLD and
 * F-ViT report it for OV-COCO. Other categories do not count.
 * @throws UserError for a category that the annotation file does not have.
 */
export function scoreSplit(
  { dataset, results }: ScoredFiles,
  split: { base: CategoryChoice; novel: CategoryChoice },
): SplitScores {
  const base = chooseCategories(dataset, split.base);
  const novel = chooseCategories(dataset, split.novel);
  const idsOf = (indices: Iterable<number>) =>
    [...indices].map((index) => dataset.categories[index].id);
  const evaluation = evaluateBoxes(groundTruthOfDataset(dataset), results, {
    categoryIds: [...idsOf(base), ...idsOf(novel)],
    maxDetections: [100, 300, 1000],
  });
  const meanOf = (indices: Iterable<number>) => {
    const ids = new Set(idsOf(indices));
    const categories = evaluation.categoryIds.flatMap((id, place) => (ids.has(id) ? [place] : []));
    return meanOfCategories(evaluation, categories);
  };
  return {
    stats: summarize(evaluation),
    perCategory: named(evaluation, dataset),
    split: { base: meanOf(base), novel: meanOf(novel), all: meanOf([...base, ...novel]) },
  };
}

/** The mean of the AP50 of those categories that have objects; −1 if none has. */
function meanOfCategories(evaluation: Evaluation, categories: readonly number[]): number {
  const each = categories
    .map((category) => averagePrecision(evaluation, { categories: [category], iou: 0.5 }))
    .filter((value) => value >= 0);
  return each.length === 0 ? -1 : each.reduce((sum, value) => sum + value, 0) / each.length;
}

/** Average recall by number of boxes, 0..1: `AR100`, `AR300`, `AR1000`; −1 where there is nothing to find. */
export type Recalls = Record<string, number>;

/**
 * Recall whatever boxes are taken for: the share of objects that the best 100, 300 and 1,000 boxes of each
 * picture fit, averaged over IoU 0.5 to 0.95.
 * @param base with it, recall of objects of these categories, and of the others, is measured apart too.
 * @throws UserError for a category that the annotation file does not have.
 */
export function scoreRecall(
  files: ScoredFiles,
  base?: CategoryChoice,
): { all: Recalls; base?: Recalls; novel?: Recalls } {
  const all = recallOf(files, () => true);
  if (base === undefined) return { all };
  const known = chooseCategories(files.dataset, base);
  return {
    all,
    base: recallOf(files, (category) => known.has(category)),
    novel: recallOf(files, (category) => !known.has(category)),
  };
}

/** @param counts whether objects of a category, given by its index, are to be found. */
function recallOf(
  { dataset, results }: ScoredFiles,
  counts: (category: number) => boolean,
): Recalls {
  const images = dataset.images.map((image) => ({
    ...image,
    boxes: image.boxes.filter(({ category }) => counts(category)),
  }));
  const maxDetections = [100, 300, 1000];
  const evaluation = evaluateBoxes(groundTruthOfDataset({ ...dataset, images }), results, {
    ...{ maxDetections, classAgnostic: true },
  });
  return Object.fromEntries(
    maxDetections.map((most) => [`AR${most}`, averageRecall(evaluation, { maxDetections: most })]),
  );
}

function named(evaluation: Evaluation, { categories }: CocoDataset): CategoryScore[] {
  const nameOf = new Map(categories.map(({ id, name }) => [id, name]));
  return summarizeCategories(evaluation).map(({ id, ...rest }) => ({
    id,
    name: nameOf.get(id) ?? 'any',
    ...rest,
  }));
}
