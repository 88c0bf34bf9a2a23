import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { checkJson, parseJson } from '../src/files/jsonFile.js';
import { readTextSync } from '../src/files/textFile.js';
import { xywhSchema } from './coco.js';

/** A box of FG-OVD's benchmarks with its true description and wrong ones. */
export interface FgOvdBox {
  /** Path of the picture inside the image folder. */
  image: string;
  /** x, y, width, height in pixels of the picture as it is stored. */
  xywh: [number, number, number, number];
  positive: string;
  negatives: string[];
}

const text = z.string().min(1);
const schema = z.object({
  img_path: text,
  bbox: xywhSchema,
  pos_expression: z.union([text, z.tuple([text]).rest(text)]),
  neg_expression: z.array(text).min(1),
});

/**
 * Reads a benchmark of FG-OVD as FG-CLIP publishes it: JSON lines.
 * @throws UserError naming the file, the line and the field that is wrong
 */
export function readFgOvd(file: string, limit = Infinity): FgOvdBox[] {
  const boxes: FgOvdBox[] = [];
  for (const [i, line] of readTextSync(file).split('\n').entries()) {
    if (boxes.length >= limit) break;
    if (line.trim() === '') continue;
    const where = `${file}: line ${i + 1}`;
    const record = checkJson(parseJson(line, where), schema, where, 'an FG-OVD record');
    const { img_path: image, bbox: xywh, pos_expression, neg_expression: negatives } = record;
    const positive = typeof pos_expression === 'string' ? pos_expression : pos_expression[0];
    boxes.push({ image, xywh, positive, negatives });
  }
  if (boxes.length === 0) throw new UserError(`${file} has no boxes.`);
  return boxes;
}
