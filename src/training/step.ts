import type { FgClipConfig } from '../fgclip/config.js';
import { type ObjectiveBatch, type ObjectiveOptions, objective } from '../fgclip/objective.js';
import type { Arrays } from '../jit/jit.js';
import { type TrainStep, type UpdateOptions, updateStep } from './updateStep.js';

/** One batch as the compiled step takes it. */
export type TrainingBatch = Arrays<ObjectiveBatch>;

/** FG-CLIP's training step. */
export function createTrainStep(
  config: FgClipConfig,
  options: UpdateOptions & ObjectiveOptions,
): TrainStep<TrainingBatch> {
  return updateStep<ObjectiveBatch>(
    (weights, batch) => ({ ...objective(weights, config, batch, options) }),
    options,
  );
}
