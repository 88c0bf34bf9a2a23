import { join } from 'node:path';
import { boxArea, type FineHardRecord, readFineHard } from '../datasets/finehard.js';
import type { FgClip } from '../src/fgclip/model.js';
import { classifyBoxes } from './boxClassification.js';
import { readBoxes } from './cocoBoxes.js';
import type { EvaluationTask } from './evaluationConfig.js';
import { recogniseDescriptions } from './hardNegatives.js';
import { retrieve } from './retrieval.js';

/** Numbers of a task by name: shares 0..1, and `count`, how many things were judged. */
export type TaskResult = Record<string, number>;

/**
 * Runs one task of an evaluation.
 * @param side pixels of the square that pictures are squashed to
 * @throws UserError naming a file that is missing or broken
 */
export async function runTask(
  model: FgClip,
  task: EvaluationTask,
  side: number,
): Promise<TaskResult> {
  const inFolder = (file: string) => join(task.images, file);
  if (task.task === 'boxes') {
    const { pictures, names } = readBoxes(task.annotations);
    const classTexts = names.map((name) =>
      task.templates.map((template) => template.replaceAll('{}', name)),
    );
    const located = pictures.map((picture) => ({ ...picture, file: inFolder(picture.file) }));
    return { ...(await classifyBoxes(model, located.slice(0, task.limit), classTexts, side)) };
  }
  const records = readRecords(task.records, task.limit);
  if (task.task === 'hard-negatives') {
    const pictures = records.flatMap(({ image, boxes }) => {
      const described = boxes.flatMap(({ box, shortText, negatives }) =>
        negatives && boxArea(box) > 0 ? { box, texts: [shortText, ...negatives] } : [],
      );
      if (described.length === 0) return [];
      return {
        file: inFolder(image),
        boxes: described.map(({ box }) => box),
        descriptions: described.map(({ texts }) => texts),
      };
    });
    return { ...(await recogniseDescriptions(model, pictures, side)) };
  }
  const long = task.length === 'long';
  const pairs = records.map(({ image, longCaption, shortCaption }) => ({
    file: inFolder(image),
    caption: long ? longCaption : shortCaption,
  }));
  const { imageToText, textToImage, count } = await retrieve(model, pairs, side, task.length);
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
