import { join } from 'node:path';
import {
  type CaptionedFile,
  readCocoCaptions,
  readDci,
  readKarpathySplit,
  readShareGpt4v,
} from '../datasets/captions.js';
import { annotatedAs } from '../datasets/cocoImages.js';
import { readFgOvd } from '../datasets/fgOvd.js';
import {
  type FineHardRecord,
  readFineHard,
  boxArea as relativeArea,
} from '../datasets/finehard.js';
import { readImageFolder } from '../datasets/imageFolder.js';
import { UserError } from '../src/errors.js';
import { boxArea, clipBox, type Xyxy, xywhToXyxy } from '../src/geometry/boxes.js';
import { groupBy } from '../src/groupBy.js';
import { shownSize } from '../src/images/decode.js';
import type { PictureSize } from '../src/images/orientation.js';
import { fillTemplates, loadTemplates } from '../src/text/templates.js';
import { classifyBoxes, type LabelledPicture } from './boxClassification.js';
import { readBoxes } from './cocoBoxes.js';
import type { EncodeOptions } from './encodePictures.js';
import type { EvaluatedModel } from './evaluatedModel.js';
import type { EvaluationTask } from './evaluationConfig.js';
import { type DescribedPicture, recogniseDescriptions } from './hardNegatives.js';
import { retrieve } from './retrieval.js';
import type { TaskOutcome } from './taskOutcome.js';
import { classifyPictures } from './zeroShot.js';

type Task<T extends EvaluationTask['task']> = Extract<EvaluationTask, { task: T }>;

/** Tasks that measure features, with no detector. */
export type FeatureTask = Task<'boxes' | 'hard-negatives' | 'fg-ovd' | 'retrieval' | 'zero-shot'>;

/**
 * Runs a task that measures features.
 * @throws UserError naming a file that is broken or has nothing to judge
 */
export async function runFeatureTask(
  model: EvaluatedModel,
  task: FeatureTask,
  options: EncodeOptions,
): Promise<TaskOutcome['measures']> {
  // What is wrong with the texts' side, such as a missing tokenizer, shows before hours of pictures.
  await model.textFeatures(['a'], 'short');
  switch (task.task) {
    case 'boxes':
      return runBoxes(model, task, options);
    case 'hard-negatives':
      return runHardNegatives(model, task, options);
    case 'fg-ovd':
      return runFgOvd(model, task, options);
    case 'retrieval':
      return runRetrieval(model, task, options);
    case 'zero-shot':
      return runZeroShot(model, task, options);
  }
}

async function runBoxes(
  model: EvaluatedModel,
  task: Task<'boxes'>,
  options: EncodeOptions,
): Promise<TaskOutcome['measures']> {
  const { pictures, names } = await boxesOf(task);
  const classTexts = textsOf(names, task.templates);
  return { ...(await classifyBoxes(model, pictures, classTexts, options)) };
}

/** The boxes that a task is about, and the names of all classes. @throws UserError where there are none. */
export async function boxesOf(
  task: Task<'boxes'>,
): Promise<{ pictures: LabelledPicture[]; names: string[] }> {
  const { pictures, names } = readBoxes(task.annotations, task);
  if (pictures.length === 0) throw new UserError(`${task.annotations} has no boxes to classify.`);
  const located: LabelledPicture[] = [];
  for (const { image, boxes, classes } of pictures.slice(0, task.limit)) {
    const file = join(task.images, image.file);
    const annotated = annotatedAs(image, task.exif);
    const { width = 0, height = 0 } = image;
    const size = width * height > 0 ? { width, height } : await shownSize(file, annotated);
    located.push({ file, annotated, classes, boxes: boxes.map((box) => sharesOf(box, size)) });
  }
  return { pictures: located, names };
}

function sharesOf([x1, y1, x2, y2]: Xyxy, { width, height }: PictureSize): Xyxy {
  return [x1 / width, y1 / height, x2 / width, y2 / height];
}

async function runHardNegatives(
  model: EvaluatedModel,
  task: Task<'hard-negatives'>,
  options: EncodeOptions,
): Promise<TaskOutcome['measures']> {
  const records = await readRecords(task.records, task.limit);
  const pictures = records.flatMap(({ image, boxes }) => {
    const described = boxes.flatMap(({ box, shortText, negatives }) =>
      negatives && relativeArea(box) > 0 ? { box, texts: [shortText, ...negatives] } : [],
    );
    if (described.length === 0) return [];
    return {
      file: join(task.images, image),
      annotated: { exif: task.exif },
      boxes: described.map(({ box }) => box),
      descriptions: described.map(({ texts }) => texts),
    };
  });
  if (pictures.length === 0) {
    throw new UserError(`${task.records} has no boxes with hard negatives to judge.`);
  }
  return { ...(await recogniseDescriptions(model, pictures, options)) };
}

async function runFgOvd(
  model: EvaluatedModel,
  task: Task<'fg-ovd'>,
  options: EncodeOptions,
): Promise<TaskOutcome['measures']> {
  const boxes = readFgOvd(task.records, task.limit);
  const pictures: DescribedPicture[] = [];
  // A picture is encoded once, however many of its boxes are asked about.
  for (const [image, ofImage] of groupBy(boxes, (box) => box.image)) {
    const file = join(task.images, image);
    const annotated = { exif: task.exif };
    const size = await shownSize(file, annotated);
    const { width, height } = size;
    const outside = ofImage.find(
      ({ xywh }) => boxArea(clipBox(xywhToXyxy(xywh), width, height)) <= 0,
    );
    if (outside) {
      throw new UserError(
        `${task.records}: the box ${outside.xywh.join(', ')} of ${image} shows nothing of the picture, which has ${width} × ${height} pixels.`,
      );
    }
    pictures.push({
      ...{ file, annotated },
      boxes: ofImage.map(({ xywh }) => sharesOf(xywhToXyxy(xywh), size)),
      descriptions: ofImage.map(({ positive, negatives }) => [positive, ...negatives]),
    });
  }
  return { ...(await recogniseDescriptions(model, pictures, options)) };
}

async function runRetrieval(
  model: EvaluatedModel,
  task: Task<'retrieval'>,
  options: EncodeOptions,
): Promise<TaskOutcome['measures']> {
  const captioned = (await readCaptioned(task)).slice(0, task.limit);
  const pictures = captioned.map(({ image, captions }) => ({
    file: join(task.images, image),
    annotated: { exif: task.exif },
    captions,
  }));
  const { imageToText, textToImage, count } = await retrieve(model, pictures, task.length, options);
  return {
    'I→T R@1': imageToText.r1,
    'I→T R@5': imageToText.r5,
    'I→T R@10': imageToText.r10,
    'T→I R@1': textToImage.r1,
    'T→I R@5': textToImage.r5,
    'T→I R@10': textToImage.r10,
    count,
  };
}

async function readCaptioned({
  format,
  records,
  length,
  split,
  limit,
}: Task<'retrieval'>): Promise<CaptionedFile[]> {
  switch (format) {
    case 'finehard':
      return (await readRecords(records, limit)).map(({ image, longCaption, shortCaption }) => ({
        image,
        captions: [length === 'long' ? longCaption : shortCaption],
      }));
    case 'coco':
      return readCocoCaptions(records);
    case 'karpathy':
      return readKarpathySplit(records, split);
    case 'sharegpt4v':
      return readShareGpt4v(records, limit);
    case 'dci':
      return readDci(records, limit);
  }
}

async function runZeroShot(
  model: EvaluatedModel,
  task: Task<'zero-shot'>,
  options: EncodeOptions,
): Promise<TaskOutcome['measures']> {
  const { classes, images } = readImageFolder(task.images, task.classes);
  const texts = textsOf(classes, task.templates);
  const pictures = images
    .slice(0, task.limit)
    .map((image) => ({ ...image, annotated: { exif: task.exif } }));
  return { ...(await classifyPictures(model, pictures, texts, options)) };
}

/** @param templates sentences, or the name of a list of them. */
function textsOf(names: readonly string[], templates: string | readonly string[]): string[][] {
  const sentences = typeof templates === 'string' ? loadTemplates(templates) : templates;
  return names.map((name) => fillTemplates(sentences, name));
}

async function readRecords(path: string, limit = Infinity): Promise<FineHardRecord[]> {
  const records: FineHardRecord[] = [];
  for await (const record of readFineHard(path)) {
    if (records.push(record) === limit) break;
  }
  return records;
}
