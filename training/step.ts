import { ndarray } from '../src/jit/ndarray.js';
import { type ComparedBatch, type Objective, objectiveLosses } from '../src/nn/objective.js';
import { averagedStep } from './averagedStep.js';
import { cachedStep } from './cachedStep.js';
import type { TrainedModel } from './initialModel.js';
import { objectiveOf } from './objectiveOf.js';
import type { StepOptions, TrainingBatch } from './stepOptions.js';
import type { TrainStep } from './trainStep.js';

/**
 * The training step of a model: one graph where the whole batch fits into it, and otherwise features first and their
 * gradients after.
 */
export function createTrainStep(
  model: TrainedModel,
  options: StepOptions,
): TrainStep<TrainingBatch> {
  const { batch, microBatch, regionBatch } = options;
  const objective = objectiveOf(model, options);
  if (microBatch < batch || regionBatch < batch) {
    return withMargin(objective, cachedStep(objective, options));
  }
  const whole = averagedStep<ComparedBatch>(
    (weights, given) => objectiveLosses(objective, weights, given),
    { ...options, microBatches: 1, looksUpTokens: true },
  );
  return withMargin(objective, whole);
}

/** The same step, which finds the margin of its own losses in its batches, if the objective has one. */
function withMargin(
  { nextMargin }: Objective,
  step: TrainStep<TrainingBatch>,
): TrainStep<TrainingBatch> {
  if (!nextMargin) return step;
  return {
    ...step,
    async run(state, batches, learningRate) {
      const margin = ndarray(Float32Array.of(state.margin ?? 0), []);
      async function* withMargins() {
        for await (const batch of batches()) {
          yield batch.hard ? { ...batch, hard: { ...batch.hard, margin } } : batch;
        }
      }
      const result = await step.run(state, withMargins, learningRate);
      return { ...result, state: { ...result.state, margin: nextMargin(result.losses) } };
    },
  };
}
