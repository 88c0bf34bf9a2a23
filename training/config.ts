import { z } from 'zod';
import { patchesSchema } from '../detectors/settings.js';
import { checkJson } from '../src/files/jsonFile.js';
import { exifChoices } from '../src/images/orientation.js';
import { oneLength, readRunFile, runFields, withRunDefaults } from './runSettings.js';

const path = z.string().min(1);
const count = z.int().positive();
const share = z.number().min(0).max(1);

const sourceSchema = z.strictObject({
  /** A file of records, a folder of them, or a pattern: .json, .jsonl, .parquet, or webdataset's .tar. */
  records: path,
  /** The folder that the records' picture paths are relative to; not needed where pictures lie in the records. */
  images: z.string().default(''),
  /** Under which names the records have what is learnt from. */
  fields: z
    .strictObject({
      image: path.optional(),
      caption: path.optional(),
      shortCaption: path.optional(),
      boxes: path.optional(),
    })
    .prefault({}),
  /** How often an epoch shows each record; 0.5 shows a random half of them. */
  weight: z.number().positive().default(1),
  /** Which way round pictures with an EXIF orientation are taken; as viewers show them when absent. */
  exif: z.enum(exifChoices).optional(),
});

const randomModelSchema = z.strictObject({
  /** A config.json that gives the sizes of the model to be initialised at random. */
  random: path,
  seed: z.int().nonnegative().default(0),
  /** CLIP's initial distributions, or those that small models learn faster from (mimeticStart.ts). */
  start: z.enum(['clip', 'mimetic']).default('clip'),
  /** A folder with tokenizer.json. */
  tokenizer: path,
});

const augmentationSchema = z.strictObject({
  /** Smallest share of the picture's area that a random crop keeps; 1 turns cropping off. */
  cropScale: share.positive().default(1),
  /** A box stays when at least this share of its area lies in the crop. */
  cropKeepsBoxes: share.positive().default(0.5),
  /** Mirrors half of the pictures. Texts that say "left" or "facing right" then become wrong. */
  flip: z.boolean().default(false),
  /** Largest relative change of brightness, contrast and saturation. */
  colour: z.number().min(0).max(0.5).default(0),
});

const stageDefaults = {
  1: { learningRate: 1e-4, weightDecay: 0.05, betas: [0.9, 0.98], warmupSteps: 200 },
  2: { learningRate: 1e-6, weightDecay: 1e-3, betas: [0.9, 0.999], warmupSteps: 200 },
} as const;

const configSchema = z
  .strictObject({
    /** 1: long and short captions; 2: also regions and hard negatives. */
    stage: z.union([z.literal(1), z.literal(2)], {
      error: 'must be 1 or 2, "proposals" or "names"',
    }),
    model: z.strictObject({
      /** A model folder, a Hugging Face name, the output folder of a previous run, or random weights. */
      initial: z.union([path, randomModelSchema]),
    }),
    data: z.array(sourceSchema).min(1),
    /** Side of the square the pictures are resized to; the model's own when absent. */
    imageSize: count.optional(),
    /**
     * Makes `imageSize` the model's own size: its positions are interpolated once and then trained. Without
     * it they are interpolated at every step and stay as they are, as in the reference.
     */
    resizePositions: z.boolean().default(false),
    /** For FG-CLIP 2: the most patches of a picture. Default: `dynamic`, as many as its own pixels are worth. */
    patches: patchesSchema.optional(),
    ...runFields,
    /** Stands before every short caption that is not Chinese. */
    shortCaptionPrefix: z.string().default('a photo of '),
    regionsPerImage: count.default(4),
    /** Regions of one picture that bring their hard negatives; `regionsPerImage` when absent. */
    hardPerImage: count.optional(),
    /**
     * Pictures whose regions are compared with each other by the regional loss. Default: all that a process
     * has of a step, as in the reference.
     */
    regionBatch: count.optional(),
    /** What long and short captions weigh; 1 when absent. */
    longWeight: z.number().nonnegative().optional(),
    shortWeight: z.number().nonnegative().optional(),
    /** FG-CLIP 2: of the contrast among the texts of regions; 0.1 when absent. */
    textContrastWeight: z.number().nonnegative().optional(),
    /** 0 turns the regional loss off. */
    regionalWeight: z.number().nonnegative().default(0.1),
    /** 0 turns the hard-negative loss off. */
    hardWeight: z.number().nonnegative().default(0.5),
    /** Whether regions with the same description stop being each other's negatives. */
    maskDuplicates: z.boolean().default(false),
    augmentation: augmentationSchema.prefault({}),
  })
  .refine(...oneLength);

/** A training run's settings with every default filled in. */
export type TrainingConfig = ReturnType<typeof parseTrainingConfig>;

/**
 * Checks a training config and fills in the defaults of its stage.
 * @param where the name that error messages give the config, and the default output folder its name.
 * @throws UserError that names every unknown or bad field.
 */
export function parseTrainingConfig(value: unknown, where: string) {
  const config = checkJson(value, configSchema, where, 'a training config');
  const { hardPerImage, regionsPerImage } = config;
  return {
    ...withRunDefaults(config, stageDefaults[config.stage], where),
    hardPerImage: Math.min(hardPerImage ?? regionsPerImage, regionsPerImage),
  };
}

/**
 * Reads and checks a training config.
 * @param changes what the command line gives instead of the file.
 * @throws UserError as `parseTrainingConfig` does.
 */
export function readTrainingConfig(
  file: string,
  changes: { output?: string; steps?: number } = {},
): TrainingConfig {
  return parseTrainingConfig(readRunFile(file, changes), file);
}
