import { join } from 'node:path';
import { readCategoryChoice } from '../datasets/categorySplit.js';
import { readCoco } from '../datasets/coco.js';
import { boxArea, type FineHardRecord, readFineHard } from '../datasets/finehard.js';
import type { Detector } from '../detectors/detector.js';
import { UserError } from '../src/errors.js';
import type { FgClip } from '../src/fgclip/model.js';
import type { Preprocessing } from '../src/images/preprocess.js';
import { fillTemplates, loadTemplates } from '../src/text/templates.js';
import { classifyBoxes } from './boxClassification.js';
import { readBoxes } from './cocoBoxes.js';
import { measureAveragePrecision } from './detection/averagePrecision.js';
import { measureRegionRecall } from './detection/regionRecall.js';
import { measureScoreTrust } from './detection/scoreTrust.js';
import type { EncodeOptions } from './encodePictures.js';
import type { EvaluationTask } from './evaluationConfig.js';
import { recogniseDescriptions } from './hardNegatives.js';
import type { RegionModel } from './regionFeatures.js';
import { retrieve } from './retrieval.js';

/**
 * Numbers of a task by name: shares 0..1, but `count`, how many things were judged, and those of
 * `absoluteMeasures`.
 */
export type TaskResult = Record<string, number>;

/** Measures that are no shares. */
export const absoluteMeasures: ReadonlySet<string> = new Set([
  'threshold',
  'best threshold',
  'false boxes per absent prompt',
  'fitted slope',
  'fitted offset',
]);

type Task<T extends EvaluationTask['task']> = Extract<EvaluationTask, { task: T }>;

/** What the measures of features need of a model. */
export type EvaluatedModel = RegionModel & Pick<FgClip, 'imageFeatures' | 'textFeatures'>;

/** What is evaluated; each is loaded where a task asks for it. */
export interface Evaluated {
  /** The model, and what makes pictures its input. */
  features: () => Promise<{ model: EvaluatedModel; preprocessing: Preprocessing }>;
  /** @param proposals where boxes come from, if not where the model says. */
  detector: (proposals?: string) => Promise<Detector>;
}

/**
 * Runs one task of an evaluation.
 * @param onProgress told how many pictures are done
 * @throws UserError naming a file that is missing, broken, or has nothing to judge
 */
export async function runTask(
  evaluated: Evaluated,
  task: EvaluationTask,
  onProgress?: EncodeOptions['onProgress'],
): Promise<TaskResult> {
  switch (task.task) {
    case 'detection':
    case 'recall':
    case 'scores':
      return runDetector(await evaluated.detector(task.proposals), task, { onProgress });
    default: {
      const { model, preprocessing } = await evaluated.features();
      return runFeatures(model, task, { preprocessing, onProgress });
    }
  }
}

function runFeatures(
  model: EvaluatedModel,
  task: Task<'boxes' | 'hard-negatives' | 'retrieval'>,
  options: EncodeOptions,
): Promise<TaskResult> {
  switch (task.task) {
    case 'boxes':
      return runBoxes(model, task, options);
    case 'hard-negatives':
      return runHardNegatives(model, task, options);
    case 'retrieval':
      return runRetrieval(model, task, options);
  }
}

async function runDetector(
  detector: Detector,
  task: Task<'detection' | 'recall' | 'scores'>,
  { onProgress }: Pick<EncodeOptions, 'onProgress'>,
): Promise<TaskResult> {
  const all = readCoco(task.annotations);
  const dataset = { ...all, images: all.images.slice(0, task.limit) };
  if (dataset.images.every(({ boxes }) => boxes.length === 0)) {
    throw new UserError(`${task.annotations} has no boxes to find.`);
  }
  if (task.task === 'recall') {
    return measureRegionRecall(detector, dataset, task.images, { onProgress });
  }
  if (task.task === 'detection') {
    const { threshold, maxDetections, maxPerImage, results } = task;
    const base = task.base === undefined ? undefined : readCategoryChoice(task.base);
    const options = { threshold, maxDetections, maxPerImage, results, base, onProgress };
    return measureAveragePrecision(detector, dataset, task.images, options);
  }
  const { absent, least } = task;
  const trust = await measureScoreTrust(detector, dataset, task.images, {
    ...{ absent, least, onProgress },
  });
  if (task.plot) {
    const { writeCalibrationPlot } = await import('./detection/calibrationPlot.js');
    await writeCalibrationPlot(trust.bins, task.plot);
  }
  return trust.measures;
}

async function runBoxes(
  model: EvaluatedModel,
  task: Task<'boxes'>,
  options: EncodeOptions,
): Promise<TaskResult> {
  const { pictures, names } = readBoxes(task.annotations);
  if (pictures.length === 0) throw new UserError(`${task.annotations} has no boxes to classify.`);
  const templates =
    typeof task.templates === 'string' ? loadTemplates(task.templates) : task.templates;
  const classTexts = names.map((name) => fillTemplates(templates, name));
  const located = pictures
    .slice(0, task.limit)
    .map((picture) => ({ ...picture, file: join(task.images, picture.file) }));
  return { ...(await classifyBoxes(model, located, classTexts, options)) };
}

async function runHardNegatives(
  model: EvaluatedModel,
  task: Task<'hard-negatives'>,
  options: EncodeOptions,
): Promise<TaskResult> {
  const pictures = readRecords(task.records, task.limit).flatMap(({ image, boxes }) => {
    const described = boxes.flatMap(({ box, shortText, negatives }) =>
      negatives && boxArea(box) > 0 ? { box, texts: [shortText, ...negatives] } : [],
    );
    if (described.length === 0) return [];
    return {
      file: join(task.images, image),
      boxes: described.map(({ box }) => box),
      descriptions: described.map(({ texts }) => texts),
    };
  });
  if (pictures.length === 0) {
    throw new UserError(`${task.records} has no boxes with hard negatives to judge.`);
  }
  return { ...(await recogniseDescriptions(model, pictures, options)) };
}

async function runRetrieval(
  model: EvaluatedModel,
  task: Task<'retrieval'>,
  options: EncodeOptions,
): Promise<TaskResult> {
  const pairs = readRecords(task.records, task.limit).map(
    ({ image, longCaption, shortCaption }) => ({
      file: join(task.images, image),
      caption: task.length === 'long' ? longCaption : shortCaption,
    }),
  );
  const { imageToText, textToImage, count } = await retrieve(model, pairs, task.length, options);
  return {
    'I→T R@1': imageToText.r1,
    'I→T R@5': imageToText.r5,
    'T→I R@1': textToImage.r1,
    'T→I R@5': textToImage.r5,
    count,
  };
}

function readRecords(path: string, limit = Infinity): FineHardRecord[] {
  const records: FineHardRecord[] = [];
  for (const record of readFineHard(path)) {
    if (records.push(record) === limit) break;
  }
  return records;
}
