import type { FgClipConfig } from '../src/fgclip/config.js';
import { type ObjectiveBatch, objective } from '../src/fgclip/objective.js';
import { averagedStep } from './averagedStep.js';
import { cachedStep } from './cachedStep.js';
import type { StepOptions, TrainingBatch } from './stepOptions.js';
import type { TrainStep } from './trainStep.js';

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
