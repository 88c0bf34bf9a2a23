import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { LabelStudioControl } from '../../datasets/labels/labelStudioConfig.js';
import type { Looked } from './pictureWork.js';
import { rounded } from './schemas.js';

const percent = z.number().min(0).max(100);
const labels = z.array(z.string());

const regionSchema = z.object({
  id: z.string(),
  type: z.enum(['rectanglelabels', 'rectangle', 'labels']),
  from_name: z.string(),
  to_name: z.string(),
  original_width: z.int(),
  original_height: z.int(),
  image_rotation: z.literal(0),
  item_index: z.int().optional(),
  score: z.number(),
  value: z.object({
    rotation: z.literal(0),
    x: percent,
    y: percent,
    width: percent,
    height: percent,
    rectanglelabels: labels.optional(),
    labels: labels.optional(),
  }),
});

export type LabelStudioRegion = z.output<typeof regionSchema>;

/** What Label Studio keeps as a task's prediction. */
export const predictionSchema = z.object({
  result: z.array(regionSchema),
  score: z.number(),
  model_version: z.string(),
});

/** In the place of the prediction of a task that failed: without a `result`, Label Studio leaves it open. */
export const failureSchema = z.object({ error: z.string() });

export type LabelStudioPrediction = z.output<typeof predictionSchema>;
export type LabelStudioFailure = z.output<typeof failureSchema>;

const digits = 4;

/**
 * The regions of what was found in a picture for a control. A box that Labels name and a Rectangle draws is
 * two of them, with one id.
 * @param picture tells it from others: its regions have the same ids whenever it is asked for.
 * @param item the picture's place in a list of pictures.
 */
export function regionsOf(
  { width, height, detections }: Looked,
  { fromName, toName, rectangle }: LabelStudioControl,
  picture: string,
  item?: number,
): LabelStudioRegion[] {
  return detections.flatMap(({ label, score, box }, i): LabelStudioRegion[] => {
    const x = rounded((box.xmin / width) * 100, digits);
    const y = rounded((box.ymin / height) * 100, digits);
    const bounds = {
      ...{ rotation: 0 as const, x, y },
      width: rounded(Math.min((box.xmax / width) * 100, 100) - x, digits),
      height: rounded(Math.min((box.ymax / height) * 100, 100) - y, digits),
    };
    const common = {
      id: createHash('sha256')
        .update([picture, fromName, toName, i, label].join('\n'))
        .digest('base64url')
        .slice(0, 10),
      to_name: toName,
      ...{ original_width: width, original_height: height, image_rotation: 0 as const },
      ...(item !== undefined && { item_index: item }),
      score,
    };
    if (rectangle === undefined) {
      const value = { ...bounds, rectanglelabels: [label] };
      return [{ ...common, type: 'rectanglelabels', from_name: fromName, value }];
    }
    return [
      { ...common, type: 'rectangle', from_name: rectangle, value: bounds },
      {
        ...{ ...common, type: 'labels', from_name: fromName },
        value: { ...bounds, labels: [label] },
      },
    ];
  });
}

/** The prediction that a task's regions are; its score is their mean. */
export function predictionOf(
  result: LabelStudioRegion[],
  modelVersion: string,
): LabelStudioPrediction {
  const sum = result.reduce((total, { score }) => total + score, 0);
  const score = result.length > 0 ? rounded(sum / result.length, digits) : 0;
  return { result, score, model_version: modelVersion };
}
