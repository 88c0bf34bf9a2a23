import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { LabelStudioConfig } from '../../datasets/labels/labelStudioConfig.js';
import type { Looked } from './pictureWork.js';
import { rounded } from './schemas.js';

const percent = z.number().min(0).max(100);

const regionSchema = z.object({
  id: z.string(),
  type: z.literal('rectanglelabels'),
  from_name: z.string(),
  to_name: z.string(),
  original_width: z.int(),
  original_height: z.int(),
  image_rotation: z.literal(0),
  score: z.number(),
  value: z.object({
    rotation: z.literal(0),
    x: percent,
    y: percent,
    width: percent,
    height: percent,
    rectanglelabels: z.array(z.string()),
  }),
});

/** What Label Studio keeps as a task's prediction. */
export const predictionSchema = z.object({
  result: z.array(regionSchema),
  score: z.number(),
  model_version: z.string(),
  error: z.string().optional(),
});

export type LabelStudioPrediction = z.output<typeof predictionSchema>;

const digits = 4;

/**
 * What was found in a task's picture, as Label Studio takes it.
 * @param task tells it from others: regions of the same task have the same ids whenever it is asked for.
 */
export function predictionOf(
  { width, height, detections }: Looked,
  { fromName, toName }: Pick<LabelStudioConfig, 'fromName' | 'toName'>,
  task: string,
  modelVersion: string,
): LabelStudioPrediction {
  const result = detections.map(({ label, score, box }, i) => {
    const x = rounded((box.xmin / width) * 100, digits);
    const y = rounded((box.ymin / height) * 100, digits);
    return {
      id: createHash('sha256').update(`${task}\n${i}\n${label}`).digest('base64url').slice(0, 10),
      type: 'rectanglelabels' as const,
      from_name: fromName,
      to_name: toName,
      original_width: width,
      original_height: height,
      image_rotation: 0 as const,
      score,
      value: {
        rotation: 0 as const,
        x,
        y,
        width: rounded(Math.min((box.xmax / width) * 100, 100) - x, digits),
        height: rounded(Math.min((box.ymax / height) * 100, 100) - y, digits),
        rectanglelabels: [label],
      },
    };
  });
  const sum = detections.reduce((total, { score }) => total + score, 0);
  const score = detections.length > 0 ? rounded(sum / detections.length, digits) : 0;
  return { result, score, model_version: modelVersion };
}

/** The prediction of a task that nothing can be said of. */
export function failedPrediction(error: string, modelVersion: string): LabelStudioPrediction {
  return { result: [], score: 0, model_version: modelVersion, error };
}
