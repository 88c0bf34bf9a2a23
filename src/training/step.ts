import * as tf from '@tensorflow/tfjs-core';
import type { FgClipConfig } from '../fgclip/config.js';
import { type ObjectiveBatch, type ObjectiveOptions, objective } from '../fgclip/objective.js';
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
import { valueAndGradients } from './gradients.js';

/** One batch as the compiled step takes it. */
export type TrainingBatch = Arrays<ObjectiveBatch>;

/** Weights and Adam's moments; `step` counts the updates done. */
export interface TrainState {
  parameters: Record<string, NdArray>;
  first: Record<string, NdArray>;
  second: Record<string, NdArray>;
  step: number;
}

export interface StepResult {
  state: TrainState;
  losses: {
    total: number;
    imageTextLong: number;
    imageTextShort: number;
    regional?: number;
    hardNegative?: number;
  };
  /** Before clipping. */
  gradientNorm: number;
}

export interface TrainStepOptions extends AdamWSettings, ObjectiveOptions {
  stage: 1 | 2;
  device: Device;
  /** Threads of one operator; default one per core. */
  threads?: number;
  /** Micro-batches per step; their gradients are averaged. */
  accumulate: number;
}

export interface TrainStep {
  /**
   * One update from `options.accumulate` micro-batches.
   * @param state is used up: its memory on a device is freed
   * @param learningRate of this update
   */
  run(
    state: TrainState,
    batches: readonly TrainingBatch[],
    learningRate: number,
  ): Promise<StepResult>;
  dispose(): Promise<void>;
}

/**
 * The compiled training step: losses, gradients, clipping and AdamW. With one micro-batch it is a single
 * graph; with several, one graph adds up gradients and another updates.
 */
export function createTrainStep(config: FgClipConfig, options: TrainStepOptions): TrainStep {
  const { accumulate, device, threads, beta1, beta2 } = options;

  const differentiate = (parameters: Tensors, batch: ObjectiveBatch) => {
    const { value, gradients } = valueAndGradients(
      (weights) => objective(weights, config, batch, options),
      parameters,
    );
    return { losses: { ...value }, gradients };
  };

  const update = (state: AdamWState, gradients: Tensors, scalars: StepScalars) => {
    const gradientNorm = globalNorm(gradients);
    return { state: adamW(state, gradients, gradientNorm, options, scalars), gradientNorm };
  };

  const jitOptions = { device, threads, cacheSize: 32 };
  const wholeStep = jit(
    function trainingStep(state: AdamWState, batch: ObjectiveBatch, scalars: StepScalars) {
      const { losses, gradients } = differentiate(state.parameters, batch);
      return { losses, ...update(state, gradients, scalars) };
    },
    { ...jitOptions, keepOnDevice: (path) => path.startsWith('result.state') },
  );
  const firstGradients = jit(differentiate, {
    ...jitOptions,
    name: 'gradients',
    keepOnDevice: (path) => path.startsWith('result.gradients'),
  });
  const moreGradients = jit(
    function addedGradients(parameters: Tensors, batch: ObjectiveBatch, sums: Tensors) {
      const { losses, gradients } = differentiate(parameters, batch);
      return {
        losses,
        gradients: mapTensors(gradients, (value, name) => tf.add(sums[name], value)),
      };
    },
    { ...jitOptions, keepOnDevice: (path) => path.startsWith('result.gradients') },
  );
  const averagedUpdate = jit(
    function optimizerStep(state: AdamWState, sums: Tensors, scalars: StepScalars) {
      return update(
        state,
        mapTensors(sums, (sum) => tf.div(sum, accumulate)),
        scalars,
      );
    },
    { ...jitOptions, keepOnDevice: (path) => path.startsWith('result.state') },
  );

  async function run(
    state: TrainState,
    batches: readonly TrainingBatch[],
    learningRate: number,
  ): Promise<StepResult> {
    if (batches.length !== accumulate) {
      throw new Error(
        `A step takes ${accumulate} micro-batches, but ${batches.length} were given.`,
      );
    }
    const { step, ...weights } = state;
    const scalars = {
      learningRate: scalar(learningRate),
      correction1: scalar(1 - beta1 ** (step + 1)),
      correction2: scalar(1 - beta2 ** (step + 1)),
    } as Arrays<StepScalars>;
    if (accumulate === 1) {
      const result = await wholeStep(weights, batches[0], scalars);
      free(weights);
      return toResult(result, [result.losses], step);
    }
    let sums: Record<string, NdArray> | undefined;
    const losses: Record<string, NdArray | undefined>[] = [];
    for (const batch of batches) {
      const result = sums
        ? await moreGradients(weights.parameters, batch, sums)
        : await firstGradients(weights.parameters, batch);
      if (sums) free({ sums });
      sums = result.gradients;
      losses.push(result.losses);
    }
    const result = await averagedUpdate(weights, sums!, scalars);
    free({ ...weights, sums: sums! });
    return toResult(result, losses, step);
  }

  return {
    run,
    async dispose() {
      const compiled = [wholeStep, firstGradients, moreGradients, averagedUpdate];
      await Promise.all(compiled.map((fn) => fn.dispose()));
    },
  };
}

function toResult(
  { state, gradientNorm }: { state: Arrays<AdamWState>; gradientNorm: NdArray },
  parts: readonly Record<string, NdArray | undefined>[],
  step: number,
): StepResult {
  const mean = (name: string) =>
    parts.reduce((sum, losses) => sum + losses[name]!.data[0], 0) / parts.length;
  const names = Object.keys(parts[0]).filter((name) => parts[0][name]);
  return {
    state: { ...state, step: step + 1 } as TrainState,
    losses: Object.fromEntries(names.map((name) => [name, mean(name)])) as StepResult['losses'],
    gradientNorm: gradientNorm.data[0],
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
