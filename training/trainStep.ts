import type { NdArray } from '../src/jit/ndarray.js';
import type { Ranks } from '../src/ranks/ranks.js';
import type { TrainState } from './optimizer.js';

/** The parts of a loss by name, each before its weight; `total` is their weighted sum. */
export type LossParts = { total: number; [part: string]: number };

export interface StepResult {
  state: TrainState;
  losses: LossParts;
  /** Before clipping. */
  gradientNorm: number;
}

/** Goes through the micro-batches of this process's share of a step, in order; can be called again. */
export type StepBatches<Batch> = () => Iterable<Batch> | AsyncIterable<Batch>;

/** One update of the weights after the other. */
export interface TrainStep<Batch> {
  /** How often a step goes through its micro-batches. */
  readonly passes: number;
  /**
   * One update.
   * @param state is used up: its memory on a device is freed, its arrays in memory are written over
   * @param learningRate of this update
   */
  run(state: TrainState, batches: StepBatches<Batch>, learningRate: number): Promise<StepResult>;
  dispose(): Promise<void>;
}

/** The sum of all ranks' gradients, in memory; those given where there is but one rank. */
export async function sumGradients(
  gradients: Record<string, NdArray>,
  ranks: Ranks,
): Promise<Record<string, NdArray>> {
  if (ranks.size === 1) return gradients;
  const summed: Record<string, NdArray> = {};
  for (const name of Object.keys(gradients).sort()) {
    summed[name] = await gradients[name].read();
    gradients[name].dispose();
    await ranks.sum(summed[name].data as Float32Array);
  }
  return summed;
}

/** The sum of all ranks' losses. */
export async function sumLosses(losses: LossParts, ranks: Ranks): Promise<LossParts> {
  const names = Object.keys(losses);
  const values = Float64Array.from(names, (name) => losses[name]);
  await ranks.sum(values);
  return Object.fromEntries(names.map((name, i) => [name, values[i]])) as LossParts;
}
