import * as tf from '@tensorflow/tfjs-core';
import { type Arrays, jit } from '../jit/jit.js';
import { type NdArray, ndarray } from '../jit/ndarray.js';
import type { Device } from '../jit/session.js';
import {
  type AdamWSettings,
  type AdamWState,
  adamW,
  globalNorm,
  type StepScalars,
  type Tensors,
} from './adamw.js';
import { AdamWInMemory, inOwnMemory } from './adamwInMemory.js';
import { valueAndGradients } from './gradients.js';

/** Weights and Adam's moments; `step` counts the updates done. */
export interface TrainState {
  parameters: Record<string, NdArray>;
  first: Record<string, NdArray>;
  second: Record<string, NdArray>;
  step: number;
}

/** The parts of a loss by name, each before its weight; `total` is their weighted sum. */
export type LossParts = { total: number; [part: string]: number };

/** The same while they are computed. */
export type LossTensors = { total: tf.Scalar } & Partial<Record<string, tf.Scalar>>;

export interface StepResult {
  state: TrainState;
  losses: LossParts;
  /** Before clipping. */
  gradientNorm: number;
}

export interface UpdateOptions extends AdamWSettings {
  device: Device;
  /** Threads of one operator; default one per core. */
  threads?: number;
  /** Micro-batches per step; their gradients are averaged. */
  accumulate: number;
}

/** One update of the weights after the other. */
export interface TrainStep<Batch> {
  /**
   * One update from `options.accumulate` micro-batches.
   * @param state is used up: its memory on a device is freed, its arrays in memory are written over
   * @param learningRate of this update
   */
  run(state: TrainState, batches: readonly Batch[], learningRate: number): Promise<StepResult>;
  dispose(): Promise<void>;
}

/**
 * The training step: a compiled graph yields losses and gradients, which are added up over micro-batches;
 * then AdamW updates the weights, on the CPU in place, on other devices by a graph of its own, so that
 * nothing leaves the device.
 *
 * @param loss of one micro-batch.
 */
export function updateStep<Batch>(
  loss: (weights: Tensors, batch: Batch) => LossTensors,
  options: UpdateOptions,
): TrainStep<Arrays<Batch>> {
  const { accumulate, device, threads, beta1, beta2 } = options;

  const differentiate = (parameters: Tensors, batch: Batch, sums?: Tensors) => {
    const { value, gradients: own } = valueAndGradients(
      (weights) => loss(weights, batch),
      parameters,
    );
    const gradients = sums ? mapTensors(own, (tensor, name) => tf.add(sums[name], tensor)) : own;
    const norm = tf.div(globalNorm(gradients), accumulate) as tf.Scalar;
    return { losses: { ...value }, gradients, norm };
  };
  const gradientsOf = jit(differentiate, {
    device,
    threads,
    cacheSize: 64,
    // Batches come in several shapes, and each takes gigabytes.
    releaseMemory: true,
    name: 'the training step',
    keepOnDevice: (path) => path.startsWith('result.gradients'),
  });
  const updateInMemory = new AdamWInMemory(options, threads);
  const updateOnDevice = jit(
    function optimizerStep(
      state: AdamWState,
      sums: Tensors,
      norm: tf.Scalar,
      scalars: StepScalars,
    ): AdamWState {
      const gradients = mapTensors(sums, (sum) => tf.div(sum, accumulate));
      return adamW(state, gradients, norm, options, scalars);
    },
    { device, keepOnDevice: () => true },
  );

  async function run(
    { step, ...weights }: TrainState,
    batches: readonly Arrays<Batch>[],
    learningRate: number,
  ): Promise<StepResult> {
    if (batches.length !== accumulate) {
      throw new Error(
        `A step takes ${accumulate} micro-batches, but ${batches.length} were given.`,
      );
    }
    // What is in files would be read for each micro-batch.
    const state = device === 'cpu' ? inOwnMemory(weights) : weights;
    let sums: Record<string, NdArray> | undefined;
    let norm: NdArray | undefined;
    const losses: Record<string, NdArray | undefined>[] = [];
    for (const batch of batches) {
      const result = await gradientsOf(state.parameters, batch, sums);
      if (sums) free({ sums });
      sums = result.gradients;
      norm = result.norm;
      losses.push(result.losses);
    }
    const numbers = {
      learningRate,
      correction1: 1 - beta1 ** (step + 1),
      correction2: 1 - beta2 ** (step + 1),
    };
    const gradientNorm = norm!.data[0];
    if (device === 'cpu') {
      const gradientScale = 1 / accumulate;
      const next = await updateInMemory.update(state, sums!, {
        ...numbers,
        gradientScale,
        gradientNorm,
      });
      return { ...summary(losses), state: { ...next, step: step + 1 }, gradientNorm };
    }
    const scalars = {
      learningRate: scalar(numbers.learningRate),
      correction1: scalar(numbers.correction1),
      correction2: scalar(numbers.correction2),
    };
    const next = await updateOnDevice(state, sums!, norm!, scalars);
    free({ ...state, sums: sums! });
    return { ...summary(losses), state: { ...next, step: step + 1 }, gradientNorm };
  }

  return {
    run,
    async dispose() {
      const parts = [gradientsOf, updateOnDevice, updateInMemory];
      await Promise.all(parts.map((part) => part.dispose()));
    },
  };
}

/** The mean of each loss over the micro-batches. */
function summary(
  parts: readonly Record<string, NdArray | undefined>[],
): Pick<StepResult, 'losses'> {
  const mean = (name: string) =>
    parts.reduce((sum, losses) => sum + losses[name]!.data[0], 0) / parts.length;
  const names = Object.keys(parts[0]).filter((name) => parts[0][name]);
  return {
    losses: Object.fromEntries(names.map((name) => [name, mean(name)])) as LossParts,
  };
}

/** Frees device memory of arrays that a step has replaced. */
function free(groups: Record<string, Record<string, NdArray>>): void {
  for (const arrays of Object.values(groups)) {
    for (const array of Object.values(arrays)) array.dispose();
  }
}

function mapTensors(
  tensors: Tensors,
  map: (tensor: tf.Tensor, name: string) => tf.Tensor,
): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, map(tensor, name)]),
  );
}

function scalar(value: number): NdArray {
  return ndarray(Float32Array.of(value), []);
}
