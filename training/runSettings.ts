import { basename, join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../src/files/jsonFile.js';
import { devices } from '../src/jit/deviceNames.js';
import { ownCores } from '../src/jit/processesHere.js';

const count = z.int().positive();
const share = z.number().min(0).max(1);

/** Fields of every training config, whatever learns. */
export const runFields = {
  /** Pictures of one step, of all processes together. */
  batch: count,
  /** Pictures at a time: the fewer, the less memory. `auto` finds what fits. Default: all of a process. */
  microBatch: z.union([count, z.literal('auto')]).optional(),
  steps: count.optional(),
  epochs: z.number().positive().optional(),
  learningRate: z.number().positive().optional(),
  weightDecay: z.number().nonnegative().optional(),
  betas: z.tuple([share, share]).optional(),
  epsilon: z.number().positive().default(1e-8),
  /** Largest gradient norm; null leaves gradients as they are. */
  clipNorm: z.number().positive().nullable().default(null),
  warmupSteps: z.int().nonnegative().optional(),
  schedule: z.literal('cosine').default('cosine'),
  /** Records that are put in random order together; blocks of 1,024 come from anywhere in the data. */
  shuffleBuffer: count.default(65_536),
  seed: z.int().nonnegative().default(0),
  checkpointEvery: count.default(1000),
  /** Checkpoints kept; older ones are deleted. */
  keep: count.default(3),
  output: z.string().min(1).optional(),
  device: z.enum(devices).default('cpu'),
  /** Threads that prepare batches, or 0 for the training's own; the result does not depend on their number. */
  workers: z.int().nonnegative().optional(),
  /** Share of records that may be unreadable before the run gives up. */
  badRecords: share.default(0.01),
};

/** For `refine`: a run's length is said once. */
export const oneLength: [
  check: (config: { steps?: number; epochs?: number }) => boolean,
  problem: { path: string[]; message: string },
] = [
  ({ steps, epochs }) => steps === undefined || epochs === undefined,
  { path: ['epochs'], message: 'give either "steps" or "epochs", not both' },
];

/** What differs between networks when a config does not say it. */
export interface RunDefaults {
  learningRate: number;
  weightDecay: number;
  betas: readonly [number, number];
  warmupSteps: number;
}

type GivenRun = { steps?: number; epochs?: number; output?: string; workers?: number } & Partial<
  Omit<RunDefaults, 'betas'> & { betas: [number, number] }
>;

/**
 * A config with the defaults filled in that depend on other things than the field itself.
 * @param where the config's file: the default output folder has its name.
 */
export function withRunDefaults<T extends GivenRun>(
  config: T,
  defaults: RunDefaults,
  where: string,
) {
  return {
    ...config,
    ...(config.steps === undefined && { epochs: config.epochs ?? 1 }),
    learningRate: config.learningRate ?? defaults.learningRate,
    weightDecay: config.weightDecay ?? defaults.weightDecay,
    betas: config.betas ?? ([...defaults.betas] as [number, number]),
    warmupSteps: config.warmupSteps ?? defaults.warmupSteps,
    output: config.output ?? join('runs', basename(where).replace(/\.json$/, '')),
    workers: config.workers ?? Math.max(1, Math.min(8, ownCores() - 1)),
  };
}

/** Steps of a whole run. */
export function stepsOf(
  { steps, epochs }: { steps?: number; epochs?: number },
  batchesPerEpoch: number,
): number {
  return steps ?? Math.max(1, Math.round((epochs ?? 1) * batchesPerEpoch));
}

/**
 * The content of a config file, not yet checked.
 * @param changes what the command line gives instead of the file.
 * @throws UserError when it cannot be read.
 */
export function readRunFile(
  file: string,
  { output, steps }: { output?: string; steps?: number } = {},
): unknown {
  const value = readJson(file);
  if (typeof value !== 'object' || value === null) return value;
  const given = { ...value, ...(output !== undefined && { output }) };
  return steps === undefined ? given : { ...given, steps, epochs: undefined };
}

/** Settings that may differ between the run that wrote a checkpoint and the one that resumes it. */
const changeable = new Set<string>([
  'microBatch',
  'steps',
  'epochs',
  'keep',
  'checkpointEvery',
  'output',
  'workers',
  'badRecords',
]);

/**
 * The settings that shape the weights and that a resumed run must share with its checkpoint, by dotted
 * name.
 */
export function resumeSettings(config: object): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const visit = (value: unknown, name: string) => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) visit(child, name ? `${name}.${key}` : key);
    } else {
      flat[name] = value;
    }
  };
  visit(Object.fromEntries(Object.entries(config).filter(([key]) => !changeable.has(key))), '');
  return flat;
}
