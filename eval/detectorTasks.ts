import { join } from 'node:path';
import { z } from 'zod';
import { readCategoryChoice } from '../datasets/categorySplit.js';
import { type CocoDataset, readCoco } from '../datasets/coco.js';
import { idInFile } from '../datasets/cocoIds.js';
import { chooseImages } from '../datasets/imageList.js';
import type { Shard } from '../datasets/journal.js';
import { readReferring } from '../datasets/referring.js';
import type { Detector } from '../detectors/detector.js';
import type { Examples } from '../detectors/examples.js';
import { UserError } from '../src/errors.js';
import { writeTextAtomically } from '../src/files/atomicFile.js';
import { readJsonFile } from '../src/files/jsonFile.js';
import { packageRoot } from '../src/files/packageRoot.js';
import type { OrientationCounts } from '../src/images/orientation.js';
import { type DetectionProtocol, measureAveragePrecision } from './detection/averagePrecision.js';
import { withCategoryExamples } from './detection/categoryExamples.js';
import type { LookOptions } from './detection/findInDataset.js';
import { FoundStore } from './detection/foundStore.js';
import { measurePresence } from './detection/presence.js';
import { measureReferring } from './detection/referring.js';
import { measureRegionRecall } from './detection/regionRecall.js';
import { measureScoreTrust } from './detection/scoreTrust.js';
import type { EvaluationTask } from './evaluationConfig.js';
import type { ReportFile, TaskOutcome } from './taskOutcome.js';

export type DetectorTask = Extract<
  EvaluationTask,
  { task: 'detection' | 'recall' | 'presence' | 'referring' | 'scores' }
>;

export interface DetectorTaskOptions {
  /** Told how many pictures are done. */
  onProgress?: (done: number, total: number) => void;
  /** Where to keep what is found, and to write results, plots and pictures. Default: nowhere. */
  kept?: { folder: string; run: unknown; shard: Shard };
  /** Told of pictures whose EXIF orientation makes a difference. */
  orientations?: OrientationCounts;
}

/**
 * Runs a task that looks for boxes in pictures.
 * @returns undefined while other processes have pictures to look at
 * @throws UserError naming a file that is missing, broken, or has nothing to find
 */
export async function runDetectorTask(
  detector: Detector,
  task: DetectorTask,
  { onProgress, kept, orientations }: DetectorTaskOptions,
): Promise<TaskOutcome | undefined> {
  if (task.task === 'referring') {
    const expressions = readReferring(task).slice(0, task.limit);
    const options = { onProgress, store: new FoundStore(kept), exif: task.exif, orientations };
    const measures = await measureReferring(detector, expressions, task.images, options);
    return measures && { measures, files: [] };
  }
  const dataset = readDataset(task);
  const options = { onProgress, store: new FoundStore(kept), exif: task.exif, orientations };
  switch (task.task) {
    case 'detection':
      return runDetection(detector, dataset, task, options, kept?.folder);
    case 'recall': {
      const base = task.base === undefined ? undefined : readCategoryChoice(task.base);
      const measures = await measureRegionRecall(detector, dataset, task.images, {
        ...{ base, ...options },
      });
      return measures && { measures, files: [] };
    }
    case 'presence': {
      const { found, threshold } = task;
      const presence = await measurePresence(detector, dataset, task.images, {
        ...{ found, threshold, ...options },
      });
      if (!presence) return undefined;
      const files: ReportFile[] = [];
      if (kept) {
        const { writePresencePlot } = await import('./presence/plot.js');
        await writePresencePlot(presence.items, join(kept.folder, 'presence.png'));
        files.push({ name: 'presence.png', caption: 'cgF1 and its factors by the least score' });
      }
      return { measures: presence.measures, files };
    }
    case 'scores': {
      const { absent, least } = task;
      const { dataset: asked, examples } = await chooseCategories(detector, dataset, task);
      const trust = await measureScoreTrust(detector, asked, task.images, {
        ...{ absent, least, examples, words: task.examples?.words, ...options },
      });
      if (!trust) return undefined;
      const files: ReportFile[] = [];
      if (kept) {
        const { writeCalibrationPlot } = await import('./detection/calibrationPlot.js');
        await writeCalibrationPlot(trust.bins, join(kept.folder, 'calibration.png'));
        files.push({
          name: 'calibration.png',
          caption: 'How often detections of a score are right',
        });
      }
      return { measures: trust.measures, files };
    }
  }
}

/** The pictures that a task is about. */
function readDataset({
  annotations,
  imageList,
  limit,
}: Exclude<DetectorTask, { task: 'referring' }>): CocoDataset {
  const all = readCoco(annotations);
  const images = imageList === undefined ? all.images : chooseImages(all, imageList);
  const dataset = { ...all, images: images.slice(0, limit) };
  if (dataset.images.every(({ boxes }) => boxes.length === 0)) {
    throw new UserError(`${annotations} has no boxes to find.`);
  }
  return dataset;
}

/** The categories that a task asks for, with the examples of each where it says so. */
async function chooseCategories(
  detector: Detector,
  dataset: CocoDataset,
  { examples }: Extract<DetectorTask, { task: 'detection' | 'scores' }>,
): Promise<{ dataset: CocoDataset; examples?: Map<string, Examples> }> {
  return examples ? withCategoryExamples(detector, dataset, examples) : { dataset };
}

async function runDetection(
  detector: Detector,
  listed: CocoDataset,
  task: Extract<DetectorTask, { task: 'detection' }>,
  options: LookOptions,
  folder: string | undefined,
): Promise<TaskOutcome | undefined> {
  const { dataset, examples } = await chooseCategories(detector, listed, task);
  const { threshold, maxDetections, categories, distractors } = task;
  const scored = await measureAveragePrecision(detector, dataset, task.images, {
    protocol: protocolOf(task),
    askForAbsent: categories === 'all',
    ...(distractors !== undefined && {
      distractors: readJsonFile(distractors, z.array(z.string().min(1)), 'a list of names'),
    }),
    resultsFolder: folder,
    ...{ examples, words: task.examples?.words },
    threshold,
    maxDetections,
    maxPerImage: task.maxPerImage ?? (task.protocol === 'lvis' ? 300 : 100),
    ...options,
  });
  if (!scored) return undefined;
  const count = dataset.images.reduce((sum, { boxes }) => sum + boxes.length, 0);
  const measures = {
    ...scored.measures,
    ...(examples && { categories: dataset.categories.length }),
    count,
  };
  if (folder === undefined) return { measures, files: [] };
  const [{ writeScorePlots }, { writeReportPictures }] = await Promise.all([
    import('./score/plots.js'),
    import('./detection/reportPictures.js'),
  ]);
  const { evaluation, perCategory } = scored.scores;
  await writeScorePlots(folder, evaluation, perCategory);
  const shownFrom = detector.settings.threshold;
  const pictures = await writeReportPictures(
    dataset,
    task.images,
    scored.results,
    shownFrom,
    folder,
    task.exif,
  );
  const list = dataset.images.map((image) => `${idInFile(image)}\n`).join('');
  await writeTextAtomically(join(folder, 'images.txt'), list);
  return {
    measures,
    files: [
      { name: 'results.json', caption: "what was found, in COCO's results format" },
      { name: 'images.txt', caption: 'ids of the pictures, for `fgdet score --image-list`' },
      { name: 'precision-recall.png', caption: 'Precision by recall' },
      { name: 'categories.png', caption: 'Average precision of each category' },
      ...pictures,
    ],
  };
}

/** @throws UserError for a field of another protocol, and for a split file that cannot be read */
function protocolOf(task: Extract<DetectorTask, { task: 'detection' }>): DetectionProtocol {
  const { protocol, base, novel, fixedAp } = task;
  const misplaced =
    protocol !== 'ov-coco' && novel !== undefined
      ? 'novel'
      : protocol !== 'lvis' && fixedAp !== undefined
        ? 'fixedAp'
        : protocol === 'lvis' && base !== undefined
          ? 'base'
          : undefined;
  if (misplaced) throw new UserError(`"${misplaced}" does not go with the protocol "${protocol}".`);
  const split = (name: string) => join(packageRoot, 'configs/splits', `ov-coco-${name}.json`);
  switch (protocol) {
    case 'coco':
      return { name: protocol, ...(base !== undefined && { base: readCategoryChoice(base) }) };
    case 'ov-coco':
      return {
        name: protocol,
        base: readCategoryChoice(base ?? split('base')),
        novel: readCategoryChoice(novel ?? split('novel')),
      };
    case 'lvis':
      return { name: protocol, fixedAp };
  }
}
