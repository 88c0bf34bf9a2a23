import { UserError } from '../src/errors.js';
import type { Device } from '../src/jit/deviceNames.js';
import type { NdArray } from '../src/jit/ndarray.js';
import { processesHere } from '../src/jit/processesHere.js';
import { RunError } from '../src/jit/traceError.js';
import { type ComparedBatch, objectiveLosses } from '../src/nn/objective.js';
import type { Ranks } from '../src/ranks/ranks.js';
import { gradientGraph } from './averagedStep.js';
import type { TrainingConfig } from './config.js';
import type { TrainedModel } from './initialModel.js';
import { objectiveOf } from './objectiveOf.js';
import type { TrainingBatch } from './stepOptions.js';

export interface MicroBatchTrial {
  config: TrainingConfig;
  model: TrainedModel;
  parameters: Record<string, NdArray>;
  ranks: Ranks;
  /** Pictures of a step on this rank. */
  share: number;
  /** A batch of so many pictures, to try with. */
  batchOf(pictures: number): Promise<TrainingBatch>;
  /** Bytes that are free on this machine; by default what the system says. */
  available?: number;
}

/** More pictures at a time are hardly faster. */
const mostUseful = 256;

/** Of the memory that is free, what batches may take: their texts differ in length. */
const usedShare = 0.7;

/**
 * The most pictures at a time that fit into memory, of the numbers that divide a rank's share of a step. In
 * the computer's memory it is measured what small batches take; on other devices batches are tried until one fails.
 * @throws UserError when not even one picture fits
 */
export async function findMicroBatch(trial: MicroBatchTrial): Promise<number> {
  const { share, config, ranks } = trial;
  const sizes = divisors(share).filter((size) => size <= mostUseful);
  const finders: Partial<Record<Device, typeof largestThatRuns>> = {
    cpu: predictedFit,
    'tfjs-node': boundedFit,
  };
  const { [config.device]: find = largestThatRuns } = finders;
  const fits = await find(trial, sizes);
  const size = sizes.findLast((candidate) => candidate <= fits);
  // All ranks take what fits everywhere.
  const common = -(await ranks.largest(-(size ?? 0)));
  if (common > 0) return common;
  throw new UserError(
    `Not even one picture at a time fits into memory on device ${config.device}. A smaller model, a smaller ` +
      '"imageSize" or fewer "regionsPerImage" may.',
  );
}

async function predictedFit(trial: MicroBatchTrial): Promise<number> {
  const { share } = trial;
  const [few, more] = [Math.min(2, share), Math.min(6, share)];
  const before = await peakOf(trial, few);
  if (few === more) return more;
  const perPicture = Math.max(1, ((await peakOf(trial, more)) - before) / (more - few));
  return Math.floor((usedShare * freeBeside(trial)) / perPicture);
}

/**
 * The same where a run holds the thread, so that nobody can look meanwhile: a batch took at most what the process has
 * ever taken.
 */
async function boundedFit(trial: MicroBatchTrial): Promise<number> {
  const pictures = Math.min(6, trial.share);
  const free = freeBeside(trial);
  const before = process.memoryUsage.rss();
  await runOnce(trial, await trial.batchOf(pictures));
  const peak = process.resourceUsage().maxRSS * 1024;
  return Math.floor((usedShare * free * pictures) / Math.max(1, peak - before));
}

/** Bytes that are free for batches: not what weights come to take besides. */
function freeBeside({
  parameters,
  available = process.availableMemory(),
}: MicroBatchTrial): number {
  const values = Object.values(parameters).reduce((sum, { size }) => sum + size, 0);
  // Two moments of each weight, and its gradient twice while it is added up.
  const lasting = 4 * values * Float32Array.BYTES_PER_ELEMENT;
  return available / processesHere() - lasting;
}

/** The most memory, in bytes, that the process takes while it computes a batch's gradient. */
async function peakOf(trial: MicroBatchTrial, pictures: number): Promise<number> {
  const batch = await trial.batchOf(pictures);
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 5);
  try {
    await runOnce(trial, batch);
    look();
  } finally {
    clearInterval(timer);
  }
  return peak;
}

async function largestThatRuns(trial: MicroBatchTrial, sizes: readonly number[]): Promise<number> {
  let largest = 0;
  for (const size of sizes) {
    if (size < 2 * largest && size !== sizes.at(-1)) continue;
    try {
      await runOnce(trial, await trial.batchOf(size));
    } catch (error) {
      if (error instanceof UserError && !(error instanceof RunError)) throw error;
      return largest;
    }
    largest = size;
  }
  return largest;
}

async function runOnce(
  { config, model, parameters }: MicroBatchTrial,
  batch: TrainingBatch,
): Promise<void> {
  const objective = objectiveOf(model, config);
  const graph = gradientGraph<ComparedBatch>(
    (weights, given) => objectiveLosses(objective, weights, given),
    { device: config.device, looksUpTokens: true },
  );
  try {
    const { gradients } = await graph(parameters, batch);
    for (const array of Object.values(gradients)) array.dispose();
  } finally {
    await graph.dispose();
  }
}

function divisors(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1).filter((size) => count % size === 0);
}
