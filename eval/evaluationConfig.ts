import { z } from 'zod';
import { readJsonFile } from '../src/jsonFile.js';
import { templateSchema } from '../src/text/templates.js';

const path = z.string().min(1);
const count = z.int().positive();

/** A COCO or LVIS annotation file, and the folder its file names are relative to. */
const dataset = { annotations: path, images: path, limit: count.optional() };

/** Where a detector's boxes come from, as `fgdet detect --proposals` has it; the model's choice when absent. */
const proposals = path.optional();

const taskSchema = z.discriminatedUnion(
  'task',
  [
    /** Every annotated box against all category names. */
    z.strictObject({
      task: z.literal('boxes'),
      ...dataset,
      /** Sentences a category's name is put into, or a list of configs/templates.json; features are averaged. */
      templates: z
        .union([path, z.array(templateSchema).min(1)], {
          error: 'must be sentences with "{}", or the name of a list in configs/templates.json',
        })
        .default(['a photo of a {}']),
    }),
    /** Every described box against its true description and ten wrong ones. */
    z.strictObject({
      task: z.literal('hard-negatives'),
      /** FineHARD records, and the folder their paths are relative to. */
      records: path,
      images: path,
      limit: count.optional(),
    }),
    /** Pictures against captions, both ways. */
    z.strictObject({
      task: z.literal('retrieval'),
      records: path,
      images: path,
      length: z.enum(['short', 'long']).default('long'),
      limit: count.optional(),
    }),
    /** COCO's average precision of the boxes that the detector finds for the categories' names. */
    z.strictObject({
      task: z.literal('detection'),
      ...dataset,
      proposals,
      /** The categories that training knew, which divides them into base and novel: "not-rare", or a split file. */
      base: path.optional(),
      /** Least score of a box. */
      threshold: z.number().min(0).max(1).default(0.01),
      /** Most boxes of a picture and category, and of a picture. */
      maxDetections: count.default(100),
      maxPerImage: count.optional(),
      /** A file for what was found, in COCO's format. */
      results: path.optional(),
    }),
    /** How many objects the regions that the detector looks at fit, whatever they show. */
    z.strictObject({ task: z.literal('recall'), ...dataset, proposals }),
    /** Whether scores are probabilities, and what is found of things that are not there. */
    z.strictObject({
      task: z.literal('scores'),
      ...dataset,
      proposals,
      /** How many absent things each picture is asked for, besides those it shows. */
      absent: count.default(20),
      /** Boxes that score less are left out of the calibration. */
      least: z.number().min(0).max(1).default(0.1),
      /** A PNG file for the plot of score against precision. */
      plot: path.optional(),
    }),
  ],
  {
    error: 'must be "boxes", "hard-negatives", "retrieval", "detection", "recall" or "scores"',
  },
);

const schema = z.strictObject({
  /** A model folder or a Hugging Face name; the command line can give another. */
  model: path.optional(),
  /** Side of the square that pictures are squashed to; the model's own when absent. Detectors keep theirs. */
  imageSize: count.optional(),
  /** What is measured, by the name it has in the result. */
  tasks: z
    .record(z.string().min(1), taskSchema)
    .refine((tasks) => Object.keys(tasks).length > 0, 'must name a task at least'),
});

export type EvaluationTask = z.infer<typeof taskSchema>;
export type EvaluationConfig = z.infer<typeof schema>;

/**
 * Reads and checks an evaluation config.
 * @throws UserError naming the file and every bad field.
 */
export function readEvaluationConfig(file: string): EvaluationConfig {
  return readJsonFile(file, schema, 'an evaluation config');
}
