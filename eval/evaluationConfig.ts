import { z } from 'zod';
import { readJsonFile } from '../src/files/jsonFile.js';
import { exifChoices } from '../src/images/orientation.js';
import { templateSchema } from '../src/text/templates.js';

const path = z.string().min(1);
const count = z.int().positive();

/** What every task may say of itself. */
const remarks = {
  /** What the files are, where they come from and how they must lie; told when one is missing. */
  source: z.string().min(1).optional(),
  /** Figures that others published, in percent, by the names of the measures, and for which model. */
  published: z
    .strictObject({ model: z.string().min(1), figures: z.record(z.string(), z.number()) })
    .optional(),
  /** Which way round pictures with an EXIF orientation are taken; as their annotations' size says when absent. */
  exif: z.enum(exifChoices).optional(),
};

/** Pictures, or records, that are measured at most: the first ones. */
const limit = count.optional();

/** A COCO or LVIS annotation file, and the folder its file names are relative to. */
const dataset = { annotations: path, images: path, limit, ...remarks };

/** A file of image ids or file names, a JSON list or a line each: only these pictures are measured. */
const imageList = path.optional();

/** Where a detector's boxes come from, as `fgdet detect --proposals` has it; the model's choice when absent. */
const proposals = path.optional();

/** What FG-CLIP's cosines are multiplied by; the model's own when absent. Other families have none. */
const temperature = z.number().positive().optional();

/** Sentences a class's name is put into, or a list of configs/templates.json; features are averaged. */
const templates = z
  .union([path, z.array(templateSchema).min(1)], {
    error: 'must be sentences with "{}", or the name of a list in configs/templates.json',
  })
  .default(['a photo of a {}']);

/** Categories are asked for by examples from other pictures; those with fewer than `least` are left out. */
const examples = z
  .strictObject({
    annotations: path,
    images: path,
    count: z.int().nonnegative().default(5),
    least: count.default(1),
    words: z.boolean().default(false),
    seed: z.int().nonnegative().default(1),
  })
  .optional();

const taskSchema = z.discriminatedUnion(
  'task',
  [
    /** Every annotated box against all category names. */
    z.strictObject({
      task: z.literal('boxes'),
      ...dataset,
      templates,
      /** Boxes with a shorter side than this, in pixels, are left out. */
      leastSide: z.number().nonnegative().default(0),
      /** Categories whose boxes are left out; their names stay among those to choose from. */
      without: z.array(path).default([]),
    }),
    /** Every described box against its true description and ten wrong ones. */
    z.strictObject({
      task: z.literal('hard-negatives'),
      /** FineHARD records, and the folder their paths are relative to. */
      records: path,
      images: path,
      limit,
      ...remarks,
    }),
    /** The same with one of FG-OVD's benchmarks. */
    z.strictObject({
      task: z.literal('fg-ovd'),
      /** JSON lines, and the folder their paths are relative to. */
      records: path,
      images: path,
      limit,
      ...remarks,
    }),
    /** Pictures against captions, both ways. */
    z.strictObject({
      task: z.literal('retrieval'),
      /** A file of captions, and the folder its paths are relative to; of DCI, the folder with the annotations. */
      records: path,
      images: path,
      format: z.enum(['finehard', 'coco', 'karpathy', 'sharegpt4v', 'dci']).default('finehard'),
      /** Of Karpathy's splits. */
      split: path.default('test'),
      length: z.enum(['short', 'long']).default('long'),
      limit,
      ...remarks,
    }),
    /** Every picture of a folder of classes against the classes' names. */
    z.strictObject({
      task: z.literal('zero-shot'),
      /** A folder with a folder of pictures for each class. */
      images: path,
      /** A JSON list of the classes' names, in the order of the folders; the folders' names when absent. */
      classes: path.optional(),
      templates,
      limit,
      ...remarks,
    }),
    /** Average precision of the boxes that the detector finds for the categories' names. */
    z.strictObject({
      task: z.literal('detection'),
      ...dataset,
      imageList,
      proposals,
      temperature,
      protocol: z.enum(['coco', 'ov-coco', 'lvis']).default('coco'),
      /**
       * The categories that training knew, which divides them into base and novel: "not-rare", or a split
       * file; with "ov-coco", its 48 when absent.
       */
      base: path.optional(),
      /** With "ov-coco", a split file of the novel categories; its 17 when absent. */
      novel: path.optional(),
      /** With "lvis", the fixed AP: this many boxes of each category count, not the best 300 of each picture. */
      fixedAp: count.optional(),
      /** A JSON list of names that are asked for besides the categories; what they find takes places. */
      distractors: path.optional(),
      examples,
      /** Whether categories are looked for that no picture has an object of. */
      categories: z.enum(['all', 'present']).default('all'),
      /** Least score of a box. */
      threshold: z.number().min(0).max(1).default(0.01),
      /** Most boxes of a picture and category, and of a picture: 100, with "lvis" 300, when absent. */
      maxDetections: count.default(100),
      maxPerImage: count.optional(),
    }),
    /** How many objects the regions that the detector looks at fit, whatever they show. */
    z.strictObject({
      task: z.literal('recall'),
      ...dataset,
      imageList,
      proposals,
      temperature,
      /** The categories that training knew: recall of their objects, and of the others, apart. */
      base: path.optional(),
    }),
    /** Every picture asked for every category by itself: is it there? */
    z.strictObject({
      task: z.literal('presence'),
      ...dataset,
      imageList,
      proposals,
      temperature,
      /** The share of things that are there at which false names are counted. */
      found: z.number().gt(0).max(1).default(0.5),
      /** Least score of a box that counts in cgF1 and its parts: the model's own threshold when absent. */
      threshold: z.number().min(0).max(1).optional(),
    }),
    /** The best box of every phrase that means one thing in its picture. */
    z.strictObject({
      task: z.literal('referring'),
      /** JSON lines, or a pickle as RefCOCO is published, and the folder its paths are relative to. */
      records: path,
      images: path,
      /** With a pickle, "instances.json" beside it, and which split of it. */
      instances: path.optional(),
      split: path.optional(),
      proposals,
      temperature,
      limit,
      ...remarks,
    }),
    /** Whether scores are probabilities, and what is found of things that are not there. */
    z.strictObject({
      task: z.literal('scores'),
      ...dataset,
      imageList,
      proposals,
      temperature,
      examples,
      /** How many absent things each picture is asked for, besides those it shows. */
      absent: count.default(20),
      /** Boxes that score less are left out of the calibration. */
      least: z.number().min(0).max(1).default(0.1),
    }),
  ],
  {
    error:
      'must be "boxes", "hard-negatives", "fg-ovd", "retrieval", "zero-shot", "detection", "recall", "presence", "referring" or "scores"',
  },
);

const schema = z.strictObject({
  /** A model folder or a Hugging Face name; the command line can give another. */
  model: path.optional(),
  /** A folder for the report, and for what a run that was stopped goes on from; the command line can give another. */
  output: path.optional(),
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
