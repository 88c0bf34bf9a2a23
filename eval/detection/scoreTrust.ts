import type { CocoDataset, CocoImage } from '../../datasets/coco.js';
import { type Calibration, calibrate, inTurn } from '../../detectors/calibration.js';
import type { Detector } from '../../detectors/detector.js';
import { createRandom } from '../../src/random.js';
import { evaluateBoxes } from '../coco/index.js';
import { type Bin, binByScore, calibrationError, type Judged, operationAt } from './calibration.js';
import { type FindInDatasetOptions, findInDataset, type LookOptions } from './findInDataset.js';
import { fitCalibration } from './fitCalibration.js';
import { groundTruthOfDataset } from './groundTruth.js';

export interface ScoreTrustOptions
  extends LookOptions,
    Pick<FindInDatasetOptions, 'examples' | 'words'> {
  /** How many things that are not in a picture it is asked for, besides those that are. */
  absent: number;
  /** Detections that score less are left out of the calibration. */
  least: number;
}

export interface ScoreTrust {
  /**
   * Numbers by name; `fitted slope` and `fitted offset` are the calibration that would make the scores
   * probabilities, in place of the present one, and `fitted threshold` what the best threshold would then be. All but
   * these, thresholds, counts and boxes per prompt are shares, 0..1.
   */
  measures: Record<string, number>;
  /** Detections of things present and absent, by score. */
  bins: Bin[];
}

/**
 * How far a detector's scores can be trusted: whether a score is the probability that a box is right, and
 * what is found of things that are not there. A box is right if it fits an object of its label at an IoU
 * of 0.5 that no better box took.
 * @param folder what the pictures' paths are relative to.
 * @returns undefined while other processes have pictures to look at
 * @throws UserError for a picture that cannot be read
 */
export async function measureScoreTrust(
  detector: Pick<
    Detector,
    'encodeEach' | 'detect' | 'settings' | 'calibration' | 'exampleCalibration'
  >,
  dataset: CocoDataset,
  folder: string,
  { absent, least, examples, words, ...options }: ScoreTrustOptions,
): Promise<ScoreTrust | undefined> {
  const { images, categories } = dataset;
  const { threshold } = detector.settings;
  const absentOf = new Map(
    images.map((image) => [image.id, drawAbsent(image, categories.length, absent)]),
  );
  const asked = (image: CocoImage) => [...presentIn(image), ...absentOf.get(image.id)!];
  const store = await findInDataset(detector, dataset, folder, asked, {
    threshold: Math.min(least, threshold),
    ...{ examples, words, ...options },
  });
  if (!store.complete(images)) return undefined;
  const found = store.results(images);
  const truth = groundTruthOfDataset(dataset);
  const judged: Judged[] = [];
  let falseBoxes = 0;
  evaluateBoxes(truth, found, { iouThresholds: [0.5], areaRanges: [everything] }, (matches) => {
    matches.rows.forEach((row, i) => {
      if (matches.ignored[i]) return;
      const score = found.scores[row];
      judged.push({ score, correct: matches.matched[i] >= 0 });
    });
  });
  const indexOf = new Map(categories.map(({ id }, i) => [id, i]));
  const absentIds = new Map([...absentOf].map(([id, drawn]) => [id, new Set(drawn)]));
  for (let row = 0; row < found.count; row++) {
    const category = indexOf.get(found.categoryIds[row])!;
    const isAbsent = absentIds.get(found.imageIds[row])!.has(category);
    if (isAbsent && found.scores[row] >= threshold) falseBoxes++;
  }
  const prompts = [...absentOf.values()].reduce((sum, drawn) => sum + drawn.length, 0);
  const likely = judged.filter(({ score }) => score >= least);
  const bins = binByScore(likely);
  const objects = images.flatMap(({ boxes }) => boxes.filter(({ crowd }) => !crowd)).length;
  const { precision, recall, f1 } = operationAt(threshold, judged, objects);
  const present = examples?.size ? detector.exampleCalibration : detector.calibration;
  return {
    bins,
    measures: {
      'calibration error': calibrationError(bins),
      threshold,
      'false boxes per absent prompt': falseBoxes / Math.max(prompts, 1),
      precision,
      recall,
      F1: f1,
      ...bestThreshold(judged, objects),
      ...fitted(likely, bestThreshold(judged, objects)['best threshold'], present),
      boxes: likely.length,
      count: images.length,
    },
  };
}

const everything = { label: 'all', least: 0, most: 1e10 };

function presentIn({ boxes }: CocoImage): Set<number> {
  return new Set(boxes.map(({ category }) => category));
}

/** Categories that a picture shows nothing of, the same for every model. */
function drawAbsent(image: CocoImage, categories: number, count: number): number[] {
  const present = presentIn(image);
  const others = Array.from({ length: categories }, (_, category) => category).filter(
    (category) => !present.has(category),
  );
  return createRandom('absent things').fork(image.id).shuffle(others).slice(0, count);
}

/** The calibration to put in place of the present one, where one can be found, and what it makes of a threshold. */
function fitted(
  judged: readonly Judged[],
  threshold: number,
  present: Calibration = { slope: 1, offset: 0 },
): Record<string, number> {
  const fit = fitCalibration(judged);
  if (!fit) return {};
  const { slope, offset } = inTurn(present, fit);
  return {
    ...{ 'fitted slope': slope, 'fitted offset': offset },
    'fitted threshold': calibrate(threshold, fit),
  };
}

/** The threshold, in hundredths, that finds most with least that is wrong: the one of the highest F1. */
function bestThreshold(judged: readonly Judged[], objects: number) {
  const thresholds = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const f1s = thresholds.map((threshold) => operationAt(threshold, judged, objects).f1);
  const best = Math.max(...f1s);
  return { 'best F1': best, 'best threshold': thresholds[f1s.indexOf(best)] };
}
