import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { boxArea, type FineHardRecord, readFineHard } from '../datasets/finehard.js';
import type { Detector } from '../detectors/detector.js';
import { UserError } from '../src/errors.js';
import type { FgClip } from '../src/fgclip/model.js';
import type { Preprocessing } from '../src/images/preprocess.js';
import { fillTemplates, loadTemplates } from '../src/text/templates.js';
import { classifyBoxes } from './boxClassification.js';
import { readBoxes } from './cocoBoxes.js';
import { type DetectorTaskOptions, runDetectorTask } from './detectorTasks.js';
import type { EncodeOptions } from './encodePictures.js';
import type { EvaluationTask } from './evaluationConfig.js';
import { recogniseDescriptions } from './hardNegatives.js';
import type { RegionModel } from './regionFeatures.js';
import { retrieve } from './retrieval.js';
import type { TaskOutcome } from './taskOutcome.js';

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

export interface RunTaskOptions extends DetectorTaskOptions {
  /** The task's name, for messages. */
  name: string;
}

/**
 * Runs one task of an evaluation.
 * @returns undefined while other processes have pictures to look at
 * @throws UserError naming a file that is missing, broken, or has nothing to judge
 */
export async function runTask(
  evaluated: Evaluated,
  task: EvaluationTask,
  { name, onProgress, kept }: RunTaskOptions,
): Promise<TaskOutcome | undefined> {
  checkFiles(name, task);
  switch (task.task) {
    case 'detection':
    case 'recall':
    case 'scores':
      return runDetectorTask(await evaluated.detector(task.proposals), task, { onProgress, kept });
    default: {
      const { model, preprocessing } = await evaluated.features();
      const measures = await runFeatures(model, task, { preprocessing, onProgress });
      return { measures, files: [] };
    }
  }
}

/** Fields that name files and folders. */
const fileFields = ['annotations', 'records', 'images', 'imageList'] as const;

function checkFiles(name: string, task: EvaluationTask): void {
  const { source, ...fields } = task;
  const named: Partial<Record<string, unknown>> = fields;
  for (const field of fileFields) {
    const file = named[field];
    if (typeof file !== 'string' || existsSync(file)) continue;
    throw new UserError(
      `The task "${name}" needs ${file} ("${field}"), which is not there.${source ? ` ${source}` : ''}`,
    );
  }
}

function runFeatures(
  model: EvaluatedModel,
  task: Task<'boxes' | 'hard-negatives' | 'retrieval'>,
  options: EncodeOptions,
): Promise<TaskOutcome['measures']> {
  switch (task.task) {
    case 'boxes':
      return runBoxes(model, task, options);
    case 'hard-negatives':
      return runHardNegatives(model, task, options);
    case 'retrieval':
      return runRetrieval(model, task, options);
  }
}

async function runBoxes(
  model: EvaluatedModel,
  task: Task<'boxes'>,
  options: EncodeOptions,
): Promise<TaskOutcome['measures']> {
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
): Promise<TaskOutcome['measures']> {
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
): Promise<TaskOutcome['measures']> {
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
