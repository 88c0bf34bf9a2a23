import { join } from 'node:path';
import { z } from 'zod';
import { checkJson } from '../../src/files/jsonFile.js';
import { type ExifChoice, exifChoices } from '../../src/images/orientation.js';
import { shippedModel } from '../../src/modelFamily.js';
import {
  oneLength,
  type RunDefaults,
  readRunFile,
  runFields,
  withRunDefaults,
} from '../runSettings.js';

/** The `stage` of a config that teaches the model for photographs names. */
export const namesStage = 'names';

/** Warm-up is a share of the steps (`warmupShare`) where a config does not say it. */
const defaults: RunDefaults = {
  learningRate: 1e-3,
  weightDecay: 0.05,
  betas: [0.9, 0.999],
  warmupSteps: 0,
};

/** Epochs of a run whose config does not say how long it is, and the fewest steps that these may be. */
export const defaultLength = { epochs: 6, steps: 100 };

/** The share of its steps in which the learning rate rises. */
export const warmupShare = 0.3;

const path = z.string().min(1);
const share = z.number().min(0).max(1);

const sourceSchema = z
  .strictObject({
    /** A COCO annotation file: its categories that have boxes are the names. */
    annotations: path.optional(),
    /** The folder that its file names are relative to. */
    images: path.optional(),
    /** A folder with a folder of pictures for each name; each picture shows one thing and little else. */
    folders: path.optional(),
    /** Which way round pictures with an EXIF orientation are taken; as the listed sizes say when absent. */
    exif: z.enum(exifChoices).optional(),
  })
  .refine(
    ({ annotations, images, folders }) =>
      folders === undefined
        ? annotations !== undefined && images !== undefined
        : annotations === undefined && images === undefined,
    { error: 'must have either "annotations" and "images", or "folders"' },
  )
  .transform(
    ({ annotations, images, folders, exif }): NamesSource => ({
      ...(folders === undefined ? { annotations: annotations!, images: images! } : { folders }),
      ...(exif && { exif }),
    }),
  );

/** Where pictures of names are. */
export type NamesSource = ({ annotations: string; images: string } | { folders: string }) & {
  exif?: ExifChoice;
};

const { microBatch: _, workers: __, ...fields } = runFields;

const configSchema = z
  .strictObject({
    stage: z.literal(namesStage),
    /** The model for photographs that is taught: a folder or a training run. */
    model: path.default(shippedModel),
    data: z.array(sourceSchema).min(1),
    /** Ways in which a box is seen: as it is, and moved and scaled a little. */
    views: z.int().positive().max(32).default(4),
    /** For each box of a picture, as many boxes of its background are learnt as none of the names. */
    background: z.int().nonnegative().max(100).default(10),
    /** Scores are probabilities: with 0.1, those of a name with twenty boxes stay a fifth lower. */
    labelSmoothing: share.max(0.9).default(0),
    /** Share of a crop's features that a step does not see. */
    dropout: share.max(0.9).default(0.3),
    /** The folder to keep the frozen networks' features in. Default: in the run's. */
    keepFeatures: path.optional(),
    ...fields,
    /** Crops of one step; all of an epoch where there are fewer. */
    batch: fields.batch.default(256),
  })
  .refine(...oneLength);

/** The settings of a run that teaches names, every default filled in that does not depend on the data. */
export type NamesConfig = ReturnType<typeof parseNamesConfig>;

/**
 * Checks a config and fills in the defaults.
 * @param where the name that error messages give the config, and the default output folder its name.
 * @throws UserError that names every unknown or bad field.
 */
export function parseNamesConfig(value: unknown, where: string) {
  const config = checkJson(value, configSchema, where, 'a training config');
  const { workers: _, ...filled } = withRunDefaults(config, defaults, where);
  return {
    ...filled,
    epochs: config.epochs,
    warmupSteps: config.warmupSteps,
    keepFeatures: config.keepFeatures ?? join(filled.output, 'features'),
  };
}

/** The part of a config that a resumed run must share with its checkpoint: not where features are kept. */
export function lastingSettings({ keepFeatures: _, ...config }: NamesConfig) {
  return config;
}

/**
 * Reads and checks a config.
 * @param changes what the command line gives instead of the file.
 * @throws UserError as `parseNamesConfig` does.
 */
export function readNamesConfig(
  file: string,
  changes: { output?: string; steps?: number } = {},
): NamesConfig {
  return parseNamesConfig(readRunFile(file, changes), file);
}
