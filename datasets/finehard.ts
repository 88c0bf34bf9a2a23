import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { openRecordTable, RecordReader, recordCount } from '../src/training/recordTable.js';

const share = z.number().min(0, 'must be a share of 0..1').max(1, 'must be a share of 0..1');
const text = z.string().min(1, 'must not be empty');

const boxSchema = z
  .object({
    /** x1, y1, x2, y2 as shares of the picture's width and height; published records add a score. */
    bbox: z.union([
      z.tuple([share, share, share, share]),
      z.tuple([share, share, share, share, z.number()]),
    ]),
    short_expr: text,
    long_expr: text,
    /** Wrong versions of the short expression under the keys "0", "1", ... */
    short_expr_negs: z.record(z.string(), text).default({}),
    /** 1 where the wrong versions may be used. */
    flag_short_neg: z.union([z.literal(0), z.literal(1)]).default(0),
  })
  .superRefine((box, context) => {
    const [x1, y1, x2, y2] = box.bbox;
    if (x2 <= x1 || y2 <= y1) {
      context.addIssue({ code: 'custom', path: ['bbox'], message: 'must have an area' });
    }
    const negatives = Object.values(box.short_expr_negs);
    if (box.flag_short_neg === 1 && negatives.length < 10) {
      const message = `has ${negatives.length} texts where flag_short_neg 1 needs ten`;
      context.addIssue({ code: 'custom', path: ['short_expr_negs'], message });
    }
    if (negatives.includes(box.short_expr)) {
      const message = 'repeats the true expression';
      context.addIssue({ code: 'custom', path: ['short_expr_negs'], message });
    }
  });

const recordSchema = z.object({
  f_path: text,
  caption: text,
  short_caption: text,
  bbox_info: z.array(boxSchema),
});

/** A region of a record with its descriptions. */
export type FineHardBox = z.infer<typeof boxSchema>;

/** A record of the FineHARD data set: a picture with captions and described regions. */
export type FineHardRecord = z.infer<typeof recordSchema>;

/**
 * Checks a record's every field.
 * @param where the record's place, for messages: "finehard.json, record 12".
 * @throws UserError naming the place and the bad fields.
 */
export function checkFineHard(value: unknown, where: string): FineHardRecord {
  const parsed = recordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new UserError(`${where}: ${problems.join('; ')}`);
}

/**
 * Reads the records of a FineHARD file, or of every .json file in a folder, one at a time, so that files
 * of any size can be read.
 * @throws UserError naming the file and, where it can, the record and the field.
 */
export function* readFineHard(path: string): Generator<FineHardRecord> {
  const table = openRecordTable([{ records: path, images: '', weight: 1 }]);
  const reader = new RecordReader(table);
  try {
    for (let i = 0; i < recordCount(table); i++) {
      const { value, where } = reader.read(i);
      yield checkFineHard(value, where);
    }
  } finally {
    reader.close();
  }
}
