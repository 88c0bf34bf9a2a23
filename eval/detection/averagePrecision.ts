import { join } from 'node:path';
import { type CategoryChoice, chooseCategories } from '../../datasets/categorySplit.js';
import type { CocoDataset } from '../../datasets/coco.js';
import { type CocoResults, readCocoResults } from '../../datasets/cocoResults.js';
import { writeCocoResults } from '../../datasets/writeCocoResults.js';
import type { Detector } from '../../detectors/detector.js';
import { averagePrecision, type Evaluation } from '../coco/index.js';
import { type CocoScores, scoreCoco } from '../score/cocoScores.js';
import { scoreLvis } from '../score/lvisScores.js';
import type { ScoredFiles } from '../score/scoredFiles.js';
import { scoreSplit } from '../score/splitScores.js';
import { type FindInDatasetOptions, findInDataset } from './findInDataset.js';

/** By whose rules boxes are scored. */
export type DetectionProtocol =
  /** @param base the categories that training knew; the others are novel. Default: no such division. */
  | { name: 'coco'; base?: CategoryChoice }
  /** Open-vocabulary COCO: categories of neither kind do not count. */
  | { name: 'ov-coco'; base: CategoryChoice; novel: CategoryChoice }
  /** @param fixedAp count this many boxes of each category, not the best 300 of each picture. */
  | { name: 'lvis'; fixedAp?: number };

export interface AveragePrecisionOptions extends FindInDatasetOptions {
  protocol: DetectionProtocol;
  /** Whether to look for categories that no picture has an object of: they take places among the best boxes. */
  askForAbsent?: boolean;
  /** A folder for results.json, which is then what is scored, so that others get the same numbers from it. */
  resultsFolder?: string;
}

/** What a detector found in a data set, scored. */
export interface ScoredDetection {
  /** Shares 0..1, or −1, by the names that COCO, LVIS and open-vocabulary papers use. */
  measures: Record<string, number>;
  results: CocoResults;
  scores: CocoScores;
}

/**
 * A detector's average precision over a data set.
 * @param folder what the pictures' paths are relative to.
 * @returns undefined while other processes have pictures to look at
 * @throws UserError for a split that does not fit the data set, and for a picture that cannot be read
 */
export async function measureAveragePrecision(
  detector: Pick<Detector, 'encodeEach' | 'detect'>,
  dataset: CocoDataset,
  folder: string,
  { protocol, askForAbsent = true, resultsFolder, ...options }: AveragePrecisionOptions,
): Promise<ScoredDetection | undefined> {
  checkProtocol(protocol, dataset);
  const asked = askForAbsent ? [...dataset.categories.keys()] : presentIn(dataset);
  const store = await findInDataset(detector, dataset, folder, () => asked, {
    gate: false,
    ...options,
  });
  if (!store.complete(dataset.images)) return undefined;
  let results = store.results(dataset.images);
  if (resultsFolder !== undefined) {
    const file = join(resultsFolder, 'results.json');
    await writeCocoResults(file, results, dataset);
    results = await readCocoResults(file, { truth: dataset, ids: 'coco' });
  }
  return { results, ...scoreBy(protocol, { dataset, results, unlisted: 0 }) };
}

/** Fails before the pictures are looked at rather than after. */
function checkProtocol(protocol: DetectionProtocol, dataset: CocoDataset): void {
  scoreBy(protocol, { dataset, results: emptyResults, unlisted: 0 });
}

const none = new Float64Array();
const emptyResults: CocoResults = {
  ...{ count: 0, imageIds: none, categoryIds: none, boxes: none, scores: none },
};

function scoreBy(
  protocol: DetectionProtocol,
  files: ScoredFiles,
): Pick<ScoredDetection, 'measures' | 'scores'> {
  switch (protocol.name) {
    case 'coco': {
      const scores = scoreCoco(files);
      const divided = protocol.base && baseAndNovel(scores.evaluation, files, protocol.base);
      return { scores, measures: { ...scores.stats, ...divided } };
    }
    case 'ov-coco': {
      const { split, ...scores } = scoreSplit(files, protocol);
      const { novel, base, all } = split;
      return { scores, measures: { 'novel AP50': novel, 'base AP50': base, 'all AP50': all } };
    }
    case 'lvis': {
      const { fixedAp } = protocol;
      const scores = scoreLvis(files, fixedAp === undefined ? undefined : { perCategory: fixedAp });
      return { scores, measures: scores.stats };
    }
  }
}

function baseAndNovel(
  evaluation: Evaluation,
  { dataset }: Pick<ScoredFiles, 'dataset'>,
  choice: CategoryChoice,
): Record<string, number> {
  const base = chooseCategories(dataset, choice);
  const indexOf = new Map(dataset.categories.map(({ id }, i) => [id, i]));
  const placesOf = (isBase: boolean) =>
    evaluation.categoryIds.flatMap((id, place) =>
      base.has(indexOf.get(id)!) === isBase ? [place] : [],
    );
  const [known, novel] = [placesOf(true), placesOf(false)];
  return {
    'base AP': averagePrecision(evaluation, { categories: known }),
    'base AP50': averagePrecision(evaluation, { categories: known, iou: 0.5 }),
    'novel AP': averagePrecision(evaluation, { categories: novel }),
    'novel AP50': averagePrecision(evaluation, { categories: novel, iou: 0.5 }),
  };
}

function presentIn({ images }: CocoDataset): number[] {
  const present = new Set(images.flatMap(({ boxes }) => boxes.map(({ category }) => category)));
  return [...present].sort((a, b) => a - b);
}
