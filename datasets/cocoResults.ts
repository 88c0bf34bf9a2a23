import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { checkJson } from '../src/files/jsonFile.js';
import { maskArea, maskBox, type RunLengthMask } from '../src/masks/index.js';
import { readMask, xywhSchema } from './coco.js';
import { readJsonArray } from './jsonArray.js';

/** What a detector found, column by column: a row of each is one box. Rows are in the file's order. */
export interface CocoResults {
  readonly count: number;
  readonly imageIds: Float64Array;
  readonly categoryIds: Float64Array;
  /** [count, 4]: x, y, width, height in pixels. */
  readonly boxes: Float64Array;
  readonly scores: Float64Array;
  /** Where masks were asked for. */
  readonly masks?: readonly RunLengthMask[];
  /** In pixels, where results have masks and no boxes. */
  readonly areas?: Float64Array;
}

const ignored = z.unknown().optional();

const schema = z.strictObject({
  image_id: z.int(),
  category_id: z.int(),
  bbox: xywhSchema,
  score: z.number(),
  // What some detectors write as well, and what tools that read results add.
  id: ignored,
  area: ignored,
  iscrowd: ignored,
  segmentation: ignored,
  keypoints: ignored,
  file_name: ignored,
});

/** A result with a mask, which may do without a box. */
const maskedSchema = schema.extend({ bbox: xywhSchema.optional() });

/**
 * Reads a COCO results file: a JSON array of `{image_id, category_id, bbox: [x, y, width, height], score}`,
 * which may be compressed with gzip. It is read as a stream: 6 million boxes take 340 MB.
 * @param options.masks whether results get their masks, as runs, which they must then have.
 * @throws UserError naming the file and, for a bad result, its index and field.
 */
export async function readCocoResults(
  file: string,
  { masks: masked = false } = {},
): Promise<CocoResults> {
  const imageIds: number[] = [];
  const categoryIds: number[] = [];
  const boxes: number[] = [];
  const scores: number[] = [];
  const masks: RunLengthMask[] = [];
  let boxless = false;
  for await (const values of readJsonArray(file)) {
    for (const value of values) {
      const where = `${file}: results[${scores.length}]`;
      const result = checkJson(value, masked ? maskedSchema : schema, where, 'a COCO result');
      if (masked) masks.push(readMask(result.segmentation, { height: 0, width: 0 }, where));
      // As in pycocotools, the first result tells what areas are those of.
      if (scores.length === 0) boxless = result.bbox === undefined;
      imageIds.push(result.image_id);
      categoryIds.push(result.category_id);
      boxes.push(...(result.bbox ?? maskBox(masks[masks.length - 1])));
      scores.push(result.score);
    }
  }
  return {
    count: scores.length,
    imageIds: Float64Array.from(imageIds),
    categoryIds: Float64Array.from(categoryIds),
    boxes: Float64Array.from(boxes),
    scores: Float64Array.from(scores),
    ...(masked && { masks }),
    ...(boxless && { areas: Float64Array.from(masks, maskArea) }),
  };
}

/** The rows of each image: indices by rising order, under the image's id. */
export function rowsByImage({ imageIds }: CocoResults): Map<number, Uint32Array> {
  const counts = new Map<number, number>();
  for (const id of imageIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  const rows = new Uint32Array(imageIds.length);
  const groups = new Map<number, Uint32Array>();
  let end = 0;
  for (const [id, count] of counts) {
    groups.set(id, rows.subarray(end, end + count));
    end += count;
    counts.set(id, 0);
  }
  imageIds.forEach((id, row) => {
    const position = counts.get(id)!;
    groups.get(id)![position] = row;
    counts.set(id, position + 1);
  });
  return groups;
}

/**
 * Checks that all scores are probabilities.
 * @throws UserError naming the first that is not.
 */
export function checkProbabilities({ scores }: CocoResults, file: string): void {
  const bad = scores.findIndex((score) => score < 0 || score > 1);
  if (bad < 0) return;
  throw new UserError(
    `${file}: results[${bad}].score is ${scores[bad]}; scores must be probabilities, 0 to 1. ` +
      'Put logits through a sigmoid.',
  );
}
