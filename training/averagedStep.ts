import * as tf from '@tensorflow/tfjs-core';
import { type Arrays, jit } from '../src/jit/jit.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { tokenTable } from '../src/nn/lookUpTokens.js';
import type { ComparedBatch, LossTensors } from '../src/nn/objective.js';
import type { Ranks } from '../src/ranks/ranks.js';
import type { Tensors } from './adamw.js';
import { valueAndGradients } from './gradients.js';
import { free, Optimizer, type OptimizerOptions } from './optimizer.js';
import {
  type LossParts,
  type StepBatches,
  sumGradients,
  sumLosses,
  type TrainStep,
} from './trainStep.js';
import { addUsedRows, onlyUsedRows } from './usedRows.js';

/**
 * A training step whose loss is the mean over micro-batches, of all ranks: right where a picture's loss
 * does not depend on the other pictures. A compiled graph yields losses and gradients, which are added up.
 * @param loss of one micro-batch
 * @param options.microBatches of one step, on this rank
 */
export function averagedStep<Batch>(
  loss: (weights: Tensors, batch: Batch) => LossTensors,
  options: GradientOptions & OptimizerOptions & { microBatches: number; ranks: Ranks },
): TrainStep<Arrays<Batch>> {
  const { ranks } = options;
  const share = 1 / (options.microBatches * ranks.size);
  const gradientsOf = gradientGraph(loss, options);
  const optimizer = new Optimizer(options, share);
  return {
    passes: 1,
    async run(given, batches: StepBatches<Arrays<Batch>>, learningRate) {
      const state = optimizer.ready(given);
      let sums: Record<string, NdArray> | undefined;
      const losses: LossParts = { total: 0 };
      for await (const batch of batches()) {
        const result = await gradientsOf(state.parameters, batch, sums);
        if (sums) free(sums);
        sums = result.gradients;
        for (const [name, value] of Object.entries(result.losses)) {
          if (value) losses[name] = (losses[name] ?? 0) + share * value.data[0];
        }
      }
      const gradients = await sumGradients(sums!, ranks);
      const updated = await optimizer.update(state, gradients, learningRate);
      return { ...updated, losses: await sumLosses(losses, ranks) };
    },
    async dispose() {
      await Promise.all([gradientsOf.dispose(), optimizer.dispose()]);
    },
  };
}

export interface GradientOptions extends Pick<OptimizerOptions, 'device' | 'threads'> {
  /** Whether batches have token ids (`ComparedBatch`). In memory, only the rows of the table that they use are differentiated. */
  looksUpTokens?: boolean;
}

/** A compiled loss with its gradients, added to `sums` where they are given; gradients stay on the device. */
export function gradientGraph<Batch>(
  loss: (weights: Tensors, batch: Batch) => LossTensors,
  { device, threads, looksUpTokens = false }: GradientOptions,
) {
  const differentiate = (parameters: Tensors, batch: Batch, sums: Tensors = {}) => {
    const { value, gradients } = valueAndGradients((weights) => loss(weights, batch), parameters);
    const added = Object.entries(gradients).map(([name, gradient]) => [
      name,
      sums[name] ? tf.add(sums[name], gradient) : gradient,
    ]);
    return { losses: { ...value }, gradients: Object.fromEntries(added) as Tensors };
  };
  const graph = jit(differentiate, {
    device,
    threads,
    cacheSize: 64,
    // Batches come in several shapes, and each takes gigabytes.
    releaseMemory: true,
    name: 'the training step',
    keepOnDevice: (path) => path.startsWith('result.gradients'),
  });
  if (device !== 'cpu' || !looksUpTokens) return graph;
  const withUsedRows: typeof graph = Object.assign(
    async (...[parameters, batch, sums = {}]: Parameters<typeof graph>) => {
      const used = onlyUsedRows(parameters, batch as Arrays<ComparedBatch>);
      const { [tokenTable]: whole = zerosLike(parameters[tokenTable]), ...others } = sums;
      const result = await graph(used.parameters, used.batch as unknown as Arrays<Batch>, others);
      const table = addUsedRows(whole, result.gradients[tokenTable], used.rows);
      return { ...result, gradients: { ...result.gradients, [tokenTable]: table } };
    },
    { dispose: graph.dispose },
  );
  return withUsedRows;
}

function zerosLike({ size, shape }: NdArray): NdArray {
  return ndarray(new Float32Array(size), shape);
}
