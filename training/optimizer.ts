import * as tf from '@tensorflow/tfjs-core';
import type { Device } from '../src/jit/deviceNames.js';
import { jit } from '../src/jit/jit.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import {
  type AdamWSettings,
  type AdamWState,
  adamW,
  globalNorm,
  type StepScalars,
  type Tensors,
} from './adamw.js';
import { type AdamWArrays, AdamWInMemory, inOwnMemory } from './adamwInMemory.js';

/** Weights and Adam's moments; `step` counts the updates done. */
export interface TrainState extends AdamWArrays {
  step: number;
  /** What a loss takes from the step before (`Objective.nextMargin`). */
  margin?: number;
}

export interface OptimizerOptions extends AdamWSettings {
  device: Device;
  /** Threads of one operator; default one per core. */
  threads?: number;
}

/**
 * AdamW where the weights lie: on the CPU in place, on other devices by a graph of its own, so that nothing
 * leaves the device.
 */
export class Optimizer {
  readonly #options: OptimizerOptions;
  readonly #gradientScale: number;
  readonly #inMemory: AdamWInMemory;
  readonly #onDevice;
  readonly #norm;

  /** @param gradientScale what gradients are multiplied with first */
  constructor(options: OptimizerOptions, gradientScale = 1) {
    const { device, threads } = options;
    this.#options = options;
    this.#gradientScale = gradientScale;
    this.#inMemory = new AdamWInMemory(options, threads);
    this.#norm = jit(
      function gradientNorm(gradients: Tensors) {
        return globalNorm(gradients);
      },
      { device, threads },
    );
    this.#onDevice = jit(
      function optimizerStep(
        state: AdamWState,
        sums: Tensors,
        norm: tf.Scalar,
        scalars: StepScalars,
      ): AdamWState {
        const gradients = Object.fromEntries(
          Object.entries(sums).map(([name, sum]) => [name, tf.mul(sum, gradientScale)]),
        );
        return adamW(state, gradients, norm, options, scalars);
      },
      { device, keepOnDevice: () => true },
    );
  }

  /** The state as a step takes it: what is in files would be read each time. */
  ready({ step, parameters, first, second }: TrainState): TrainState {
    const arrays = { parameters, first, second };
    return this.#options.device === 'cpu' ? { ...inOwnMemory(arrays), step } : { ...arrays, step };
  }

  /**
   * One update.
   * @param state from `ready`; it is used up, and so are the gradients
   * @returns the next state, and the gradients' norm before clipping
   */
  async update(
    { step, parameters, first, second }: TrainState,
    gradients: Record<string, NdArray>,
    learningRate: number,
  ): Promise<{ state: TrainState; gradientNorm: number }> {
    const { device, beta1, beta2 } = this.#options;
    const state = { parameters, first, second };
    const gradientNorm = this.#gradientScale * (await this.#norm(gradients)).data[0];
    const numbers = {
      learningRate,
      correction1: 1 - beta1 ** (step + 1),
      correction2: 1 - beta2 ** (step + 1),
    };
    if (device === 'cpu') {
      const gradientScale = this.#gradientScale;
      const next = await this.#inMemory.update(state, gradients, {
        ...{ ...numbers, gradientScale, gradientNorm },
      });
      return { state: { ...next, step: step + 1 }, gradientNorm };
    }
    const scalars = {
      learningRate: scalar(numbers.learningRate),
      correction1: scalar(numbers.correction1),
      correction2: scalar(numbers.correction2),
    };
    const next = await this.#onDevice(state, gradients, scalar(gradientNorm), scalars);
    for (const arrays of [...Object.values(state), gradients]) free(arrays);
    return { state: { ...next, step: step + 1 }, gradientNorm };
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#norm, this.#onDevice, this.#inMemory].map((part) => part.dispose()));
  }
}

/** Frees device memory of arrays that have been replaced. */
export function free(arrays: Readonly<Record<string, NdArray>>): void {
  for (const array of Object.values(arrays)) array.dispose();
}

function scalar(value: number): NdArray {
  return ndarray(Float32Array.of(value), []);
}
