import { join } from 'node:path';
import { readFineHard } from '../datasets/finehard.js';
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
  const records = [...readFineHard(task.records)].slice(0, task.limit);
  if (task.task === 'hard-negatives') {
    const pictures = records.flatMap(({ f_path, bbox_info }) => {
      const described = bbox_info.filter(({ flag_short_neg }) => flag_short_neg === 1);
      if (described.length === 0) return [];
      return {
        file: inFolder(f_path),
        boxes: described.map(({ bbox }) => bbox.slice(0, 4) as [number, number, number, number]),
        descriptions: described.map(({ short_expr, short_expr_negs }) => [
          short_expr,
          ...Object.values(short_expr_negs).slice(0, 10),
        ]),
      };
    });
    return { ...(await recogniseDescriptions(model, pictures, side)) };
  }
  const long = task.length === 'long';
  const pairs = records.map(({ f_path, caption, short_caption }) => ({
    file: inFolder(f_path),
    caption: long ? caption : short_caption,
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
