import * as tf from '@tensorflow/tfjs-core';
import { jit } from '../src/jit/jit.js';
import type { NdArray } from '../src/jit/ndarray.js';
import type { ComparedBatch, Objective, ObjectiveFeatures } from '../src/nn/objective.js';
import type { Tensors } from './adamw.js';
import { gradientGraph } from './averagedStep.js';
import { FeatureLosses, type Features, type Known } from './featureLosses.js';
import { free, Optimizer, type TrainState } from './optimizer.js';
import type { StepOptions, TrainingBatch } from './stepOptions.js';
import {
  type StepBatches,
  type StepResult,
  sumGradients,
  sumLosses,
  type TrainStep,
} from './trainStep.js';

/**
 * A training step for batches of any size (GradCache; Gao and others, 2021): the features of all
 * micro-batches first, without what their gradients would need; then the losses of all features of all
 * ranks, and their gradients with respect to this rank's; then each micro-batch once more, with the
 * gradients of its features carried on to the weights. Up to rounding the result is that of one graph.
 */
export function cachedStep(objective: Objective, options: StepOptions): TrainStep<TrainingBatch> {
  const { device, threads, ranks } = options;
  const featuresOf = jit(
    function features(weights: Tensors, batch: ComparedBatch) {
      return objective.features(weights, batch) as unknown as Tensors;
    },
    { device, threads, cacheSize: 64, releaseMemory: true },
  );
  const carriedBack = gradientGraph<ComparedBatch & { slopes: ObjectiveFeatures }>(
    (weights, { slopes, ...batch }) => {
      const features = flat(objective.features(weights, batch));
      const products = Object.entries(flat(slopes)).map(([name, slope]) =>
        tf.sum(tf.mul(features[name], slope)),
      );
      return { total: tf.addN(products) as tf.Scalar };
    },
    { device, threads, looksUpTokens: true },
  );
  const losses = new FeatureLosses(objective, options);
  const optimizer = new Optimizer(options);

  async function run(
    given: TrainState,
    batches: StepBatches<TrainingBatch>,
    learningRate: number,
  ): Promise<StepResult> {
    const state = optimizer.ready(given);
    const own: Features[] = [];
    const known: Known[] = [];
    for await (const batch of batches()) {
      own.push((await featuresOf(state.parameters, batch as never)) as unknown as Features);
      const { identity, regions, hard } = batch;
      known.push({ identity, regions, hard });
    }
    const scalars = await readScalars(objective, state);
    const compared = await losses.compare(own, known, scalars);
    let sums: Record<string, NdArray> | undefined;
    let micro = 0;
    for await (const batch of batches()) {
      const slopes = compared.slopes[micro++];
      const { gradients } = await carriedBack(
        state.parameters,
        { ...batch, slopes } as never,
        sums as never,
      );
      if (sums) free(sums);
      sums = gradients;
    }
    const gradients = await sumGradients({ ...sums!, ...compared.scalars }, ranks);
    const updated = await optimizer.update(state, gradients, learningRate);
    return { ...updated, losses: await sumLosses(compared.losses, ranks) };
  }

  return {
    passes: 2,
    run,
    async dispose() {
      const parts = [featuresOf, carriedBack, losses, optimizer];
      await Promise.all(parts.map((part) => part.dispose()));
    },
  };
}

async function readScalars(
  { scalars }: Objective,
  { parameters }: TrainState,
): Promise<Record<string, NdArray>> {
  const read = scalars.map(async (name) => [name, await parameters[name].read()]);
  return Object.fromEntries(await Promise.all(read));
}

/** The features by names of one level. */
function flat({ regions, hard, ...features }: ObjectiveFeatures): Tensors {
  const named = (prefix: string, tensors: object = {}) =>
    Object.entries(tensors).map(([name, tensor]) => [`${prefix}.${name}`, tensor]);
  return {
    ...features,
    ...Object.fromEntries([...named('regions', regions), ...named('hard', hard)]),
  };
}
