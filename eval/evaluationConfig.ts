import { z } from 'zod';
import { readJsonFile } from '../src/jsonFile.js';
import { templateSchema } from '../src/text/templates.js';

const path = z.string().min(1);
const count = z.int().positive();

const taskSchema = z.discriminatedUnion(
  'task',
  [
    /** Every annotated box against all category names. */
    z.strictObject({
      task: z.literal('boxes'),
      /** A COCO annotation file, and the folder its file names are relative to. */
      annotations: path,
      images: path,
      /** Sentences a category's name is put into, or a list of configs/templates.json; features are averaged. */
      templates: z
        .union([path, z.array(templateSchema).min(1)], {
          error: 'must be sentences with "{}", or the name of a list in configs/templates.json',
        })
        .default(['a photo of a {}']),
      limit: count.optional(),
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
  ],
  { error: 'must be "boxes", "hard-negatives" or "retrieval"' },
);

const schema = z.strictObject({
  /** A model folder or a Hugging Face name; the command line can give another. */
  model: path.optional(),
  /** Side of the square that pictures are squashed to; the model's own when absent. */
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
