import { z } from 'zod';
import { UserError } from '../errors.js';

/** x1, y1, x2, y2 as shares of the picture's width and height. */
export type RelativeBox = [number, number, number, number];

/** A box of a record and its descriptions. */
export interface DescribedBox {
  box: RelativeBox;
  shortText: string;
  longText: string;
  /** Ten wrong versions of the short text; absent where the record has none. */
  negatives?: string[];
}

/** A FineHARD record as training uses it. */
export interface TrainingRecord {
  /** Path of the picture inside the image folder. */
  image: string;
  longCaption: string;
  shortCaption: string;
  boxes: DescribedBox[];
}

/** Wrong descriptions that a region is tested against. */
export const hardNegativesPerRegion = 10;

const boxSchema = z.object({
  /** A fifth number is the detector's score. */
  bbox: z.array(z.number()).min(4).max(5),
  short_expr: z.string(),
  long_expr: z.string(),
  short_expr_negs: z.union([z.record(z.string(), z.string()), z.array(z.string())]).nullish(),
  flag_short_neg: z.union([z.number(), z.boolean()]).nullish(),
});

const recordSchema = z.object({
  f_path: z.string().min(1),
  caption: z.string(),
  short_caption: z.string(),
  bbox_info: z.array(boxSchema).nullish(),
});

/** Published records carry it, the folder on disk does not. */
const publishedPrefix = 'grit-20m/data-12m/';

/**
 * A record from its JSON.
 * @param where the record's place, for messages.
 * @throws UserError naming the bad fields.
 */
export function parseRecord(value: unknown, where: string): TrainingRecord {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new UserError(`${where}: not a FineHARD record (${fields.join('; ')})`);
  }
  const record = parsed.data;
  return {
    image: record.f_path.replace(publishedPrefix, ''),
    longCaption: record.caption,
    shortCaption: record.short_caption,
    boxes: (record.bbox_info ?? []).map((entry) => {
      const negatives = Object.values(entry.short_expr_negs ?? {});
      const usable = entry.flag_short_neg && negatives.length >= hardNegativesPerRegion;
      return {
        box: entry.bbox.slice(0, 4) as RelativeBox,
        shortText: entry.short_expr,
        longText: entry.long_expr,
        ...(usable && { negatives: negatives.slice(0, hardNegativesPerRegion) }),
      };
    }),
  };
}
