import type { FgClipConfig } from '../fgclip/config.js';
import { type LossWeights, type ObjectiveBatch, objective } from '../fgclip/objective.js';
import type { Arrays } from '../jit/jit.js';
import type { Ranks } from '../ranks/ranks.js';
import { averagedStep } from './averagedStep.js';
import { cachedStep } from './cachedStep.js';
import type { OptimizerOptions } from './optimizer.js';
import type { TrainStep } from './trainStep.js';

/** One micro-batch as the compiled step takes it. */
export type TrainingBatch = Arrays<ObjectiveBatch>;

export interface StepOptions extends OptimizerOptions, LossWeights {
  /** Pictures of a step, of all ranks. */
  batch: number;
  /** Pictures at a time. */
  microBatch: number;
  /** Pictures whose regions are compared with each other. */
  regionBatch: number;
  ranks: Ranks;
}

/**
 * FG-CLIP's training step: one graph where the whole batch fits into it, and otherwise features first and
 * their gradients after.
 */
export function createTrainStep(
  config: FgClipConfig,
  options: StepOptions,
): TrainStep<TrainingBatch> {
  const { batch, microBatch, regionBatch } = options;
  if (microBatch < batch || regionBatch < batch) return cachedStep(config, options);
  return averagedStep<ObjectiveBatch>(
    (weights, given) => ({ ...objective(weights, config, given, options) }),
    { ...options, microBatches: 1 },
  );
}
