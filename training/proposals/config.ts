import { z } from 'zod';
import { networkSchema } from '../../detectors/proposals/networkConfig.js';
import { patchesSchema } from '../../detectors/settings.js';
import { checkJson } from '../../src/files/jsonFile.js';
import {
  oneLength,
  type RunDefaults,
  readRunFile,
  runFields,
  withRunDefaults,
} from '../runSettings.js';
import { augmentationFields, boxSourceSchema } from './dataConfig.js';

/** The `stage` of a config that trains a proposal network. */
export const proposalStage = 'proposals';

/** F-ViT's settings (see docs/proposals.md). */
const defaults: RunDefaults = {
  learningRate: 1e-4,
  weightDecay: 0.1,
  betas: [0.9, 0.999],
  warmupSteps: 250,
};

const configSchema = z
  .strictObject({
    stage: z.literal(proposalStage),
    /** The FG-CLIP or FG-CLIP 2 model whose tower is read: a folder, a training run, or a Hugging Face name. */
    model: z.string().min(1),
    data: z.array(boxSourceSchema).min(1),
    /** A model folder or training run whose proposal network is trained further; else a new one is made. */
    initial: z.string().min(1).optional(),
    /** Sizes of a new network. */
    network: networkSchema.optional(),
    /** For FG-CLIP: side of the square canvases, in pixels. */
    imageSize: z.int().positive().optional(),
    /** For FG-CLIP 2: the most patches of a picture. Default: as the model detects. */
    patches: patchesSchema.optional(),
    ...augmentationFields,
    /**
     * A folder to keep the frozen tower's features in, so that it sees each picture once. A picture is then
     * always shown in the same way.
     */
    keepFeatures: z.string().min(1).optional(),
    ...runFields,
    /** Pictures at a time. Default: all of a process. */
    microBatch: z.int().positive().optional(),
    clipNorm: runFields.clipNorm.unwrap().default(1),
  })
  .refine(...oneLength)
  .refine(({ initial, network }) => initial === undefined || network === undefined, {
    path: ['network'],
    message: 'cannot be chosen: "initial" brings its own network',
  });

/** The settings of a run that trains a proposal network, every default filled in. */
export type ProposalTrainingConfig = ReturnType<typeof parseProposalConfig>;

/**
 * Checks a config and fills in the defaults.
 * @param where the name that error messages give the config, and the default output folder its name.
 * @throws UserError that names every unknown or bad field.
 */
export function parseProposalConfig(value: unknown, where: string) {
  const config = checkJson(value, configSchema, where, 'a training config');
  const { initial, network } = config;
  const sizes = initial === undefined ? (network ?? networkSchema.parse({})) : undefined;
  return { ...withRunDefaults(config, defaults, where), network: sizes };
}

/**
 * The part of a config that a resumed run must share with its checkpoint: not where features are kept, but
 * whether they are; not the notes on where data come from.
 */
export function lastingSettings({ data, keepFeatures, ...config }: ProposalTrainingConfig) {
  return {
    ...config,
    data: data.map(({ origin: _, ...source }) => source),
    ...(keepFeatures !== undefined && { keepFeatures: true }),
  };
}

/**
 * Reads and checks a config.
 * @param changes what the command line gives instead of the file.
 * @throws UserError as `parseProposalConfig` does.
 */
export function readProposalConfig(
  file: string,
  changes: { output?: string; steps?: number } = {},
): ProposalTrainingConfig {
  return parseProposalConfig(readRunFile(file, changes), file);
}
