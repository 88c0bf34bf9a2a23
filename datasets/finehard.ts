import { z } from 'zod';
import { checkJson } from '../src/files/jsonFile.js';
import { openRecordTable, RecordReader, recordCount } from './records/recordTable.js';

/** x1, y1, x2, y2 as shares of the picture's width and height, 0..1. */
export type RelativeBox = [number, number, number, number];

/** The share of the picture that a box covers; of pixels, their number. Zero for corners in the wrong order. */
export function boxArea([x1, y1, x2, y2]: RelativeBox): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}

/** A picture with captions and described boxes: a record of the FineHARD data set. */
export interface FineHardRecord {
  /** Path of the picture inside the image folder. */
  image: string;
  longCaption: string;
  shortCaption: string;
  boxes: DescribedBox[];
  /** Whether the captions are Chinese. Such a record has no boxes. */
  chinese?: true;
}

/** A box of a record and its descriptions. */
export interface DescribedBox {
  /** May lack an area, in published data. */
  box: RelativeBox;
  shortText: string;
  longText: string;
  /** Ten wrong versions of the short text; absent where the record has none that may be used. */
  negatives?: string[];
}

/** A record as its file has it, and as data sets are written. */
export interface StoredRecord {
  f_path: string;
  caption: string;
  short_caption: string;
  bbox_info: StoredBox[];
  /** Of a Chinese record, which has no boxes. */
  is_cn?: 1;
}

/** A box of a `StoredRecord`. */
export interface StoredBox {
  /** May end with the score of the detector that found it. */
  bbox: RelativeBox | [...RelativeBox, score: number];
  short_expr: string;
  long_expr: string;
  /** Wrong versions of the short expression under the keys "0", "1", ... */
  short_expr_negs: Record<string, string>;
  /** 1 where the wrong versions may be used. */
  flag_short_neg: 0 | 1;
}

/** Wrong descriptions that a region is tested against. */
export const hardNegativesPerRegion = 10;

/** How far, in shares of the picture, a side may lie outside it: detectors overshoot a little. */
const overshoot = 0.25;

const side = z
  .number()
  .min(-overshoot, 'must be a share of 0..1')
  .max(1 + overshoot, 'must be a share of 0..1')
  .transform((share) => Math.min(1, Math.max(0, share)));

// Published records are looser than `StoredRecord`: some boxes end with their detector's score, wrong
// versions also come as a list, and what a record has none of may be missing or null.
const boxSchema = z.object({
  bbox: z.tuple([side, side, side, side]).rest(z.number()),
  short_expr: z.string(),
  long_expr: z.string(),
  short_expr_negs: z.union([z.record(z.string(), z.string()), z.array(z.string())]).nullish(),
  flag_short_neg: z.union([z.number(), z.boolean()]).nullish(),
});

const recordSchema = z.object({
  f_path: z.string().min(1, 'must not be empty'),
  caption: z.string(),
  short_caption: z.string(),
  bbox_info: z.array(boxSchema).nullish(),
  is_cn: z.union([z.boolean(), z.number()]).nullish(),
});

/** Published records carry it, the folder on disk does not. */
const publishedPrefix = /^grit-20m\/data-12m\//;

/**
 * A record from its JSON.
 * @param where the record's place, for messages: "finehard.json, record 12".
 * @throws UserError naming the place and every bad field.
 */
export function parseFineHard(value: unknown, where: string): FineHardRecord {
  const record = checkJson(value, recordSchema, where, 'a FineHARD record');
  const { f_path, caption, short_caption, bbox_info, is_cn } = record;
  return {
    image: f_path.replace(publishedPrefix, ''),
    longCaption: caption,
    shortCaption: short_caption,
    boxes: is_cn ? [] : (bbox_info ?? []).map(describedBox),
    ...(is_cn && { chinese: true }),
  };
}

function describedBox(stored: z.infer<typeof boxSchema>): DescribedBox {
  const { short_expr: shortText, long_expr: longText, flag_short_neg } = stored;
  const [x1, y1, x2, y2] = stored.bbox;
  const wrong = Object.values(stored.short_expr_negs ?? {}).filter((text) => text !== shortText);
  const negatives = wrong.slice(0, hardNegativesPerRegion);
  const usable = flag_short_neg && negatives.length === hardNegativesPerRegion;
  return { box: [x1, y1, x2, y2], shortText, longText, ...(usable && { negatives }) };
}

/**
 * Reads the records of FineHARD files, one at a time, so that files of any size can be read.
 * @param paths files of records (.json, .jsonl, …), or folders of them.
 * @throws UserError naming the file and, where it can, the record and the field.
 */
export async function* readFineHard(...paths: readonly string[]): AsyncGenerator<FineHardRecord> {
  const table = await openRecordTable(paths.map((records) => ({ records })));
  const reader = new RecordReader(table);
  try {
    for (let i = 0; i < recordCount(table); i++) {
      const { value, where } = await reader.read(i);
      yield parseFineHard(value, where);
    }
  } finally {
    reader.close();
  }
}
