import { z } from 'zod';
import { exifChoices } from '../../src/images/orientation.js';

const path = z.string().min(1);
const share = z.number().min(0).max(1);

/** Pictures and boxes to learn from, as a training config names them. */
export const boxSourceSchema = z.strictObject({
  /** A COCO or LVIS annotation file. */
  annotations: path,
  /** The folder that its file names are relative to. */
  images: path,
  /** How often an epoch shows each picture; 0.5 shows a random half of them. */
  weight: z.number().positive().default(1),
  /**
   * Whose boxes are learnt: a split file (a JSON list of category names), or "not-rare" (LVIS). The boxes
   * of other categories are as if they were not annotated. All when absent.
   */
  categories: path.optional(),
  /** Which way round pictures with an EXIF orientation are taken; as the listed sizes say when absent. */
  exif: z.enum(exifChoices).optional(),
  /** Where these files come from, in words; said when one of them is missing. */
  origin: path.optional(),
});

/** Fields of a training config that say how pictures are shown. */
export const augmentationFields = {
  /** Large-scale jitter: bounds of a picture's size, in multiples of the size that just fits. */
  jitter: z
    .strictObject({
      lowest: z.number().positive().default(0.1),
      highest: z.number().positive().default(2),
    })
    .refine(({ lowest, highest }) => lowest <= highest, {
      path: ['lowest'],
      message: 'must not be more than "highest"',
    })
    .prefault({}),
  /** Mirrors half of the pictures. */
  flip: z.boolean().default(true),
  /** Of a box that is cut off, the share of its area that must be left for it to be learnt. */
  keepsBoxes: share.default(0.4),
};

export type BoxSource = z.output<typeof boxSourceSchema>;
