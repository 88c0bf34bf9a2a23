import * as tf from '@tensorflow/tfjs-core';
import type { FgClipConfig } from '../src/fgclip/config.js';
import { logitScales, type ObjectiveFeatures, objectiveFeatures } from '../src/fgclip/objective.js';
import { jit } from '../src/jit/jit.js';
import type { NdArray } from '../src/jit/ndarray.js';
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
export function cachedStep(config: FgClipConfig, options: StepOptions): TrainStep<TrainingBatch> {
  const { device, threads, ranks } = options;
  const featuresOf = jit(
    function features(weights: Tensors, batch: never) {
      return objectiveFeatures(weights, config, batch) as unknown as Tensors;
    },
    { device, threads, cacheSize: 64, releaseMemory: true },
  );
  const carriedBack = gradientGraph<{ batch: never; slopes: ObjectiveFeatures }>(
    (weights, { batch, slopes }) => {
      const features = flat(objectiveFeatures(weights, config, batch));
      const products = Object.entries(flat(slopes)).map(([name, slope]) =>
        tf.sum(tf.mul(features[name], slope)),
      );
      return { total: tf.addN(products) as tf.Scalar };
    },
    options,
  );
  const losses = new FeatureLosses(options);
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
      known.push({
        identity: batch.identity,
        regions: batch.regions?.valid,
        hard: batch.hard?.valid,
      });
    }
    const scales = await readScales(state);
    const compared = await losses.compare(own, known, scales);
    let sums: Record<string, NdArray> | undefined;
    let micro = 0;
    for await (const batch of batches()) {
      const slopes = compared.slopes[micro++];
      const { gradients } = await carriedBack(
        state.parameters,
        { batch, slopes } as never,
        sums as never,
      );
      if (sums) free(sums);
      sums = gradients;
    }
    const gradients = await sumGradients({ ...sums!, ...compared.scales }, ranks);
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

async function readScales({ parameters }: TrainState): Promise<Record<string, NdArray>> {
  const names = [...new Set(Object.values(logitScales))];
  const read = names.map(async (name) => [name, await parameters[name].read()]);
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
