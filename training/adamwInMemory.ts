import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type NdArray, ndarray, type TypedArray } from '../src/jit/ndarray.js';
import { ownCores } from '../src/jit/processesHere.js';
import { type AdamWSettings, decays } from './adamw.js';
import type { AdamWTask } from './adamw.worker.js';
import { type AdamWTensor, buffersOf, updateTensor } from './adamwTensor.js';

/** Weights and moments of AdamW, by name. */
export interface AdamWArrays {
  parameters: Record<string, NdArray>;
  first: Record<string, NdArray>;
  second: Record<string, NdArray>;
}

export interface UpdateNumbers {
  learningRate: number;
  /** 1 − beta1^step and 1 − beta2^step, with steps counted from 1. */
  correction1: number;
  correction2: number;
  /** Gradients are multiplied by it first: one over the number of micro-batches they sum up. */
  gradientScale: number;
  /** √(Σ g²) of the scaled gradients. */
  gradientNorm: number;
}

/** Values that are updated in less time than it takes to pass them to other threads. */
const fewValues = 2 ** 21;

/** More threads wait for the memory only. */
const mostThreads = 8;

/**
 * The steps of `adamW` for weights in the computer's memory, written over the state's own arrays. A graph
 * would go through the memory a dozen times and return a second copy of the whole state; this goes
 * through it once, in several threads.
 */
export class AdamWInMemory {
  readonly #settings: AdamWSettings;
  readonly #threads: number;
  #workers: Worker[] = [];

  /** @param threads default one per core of this process */
  constructor(settings: AdamWSettings, threads = ownCores()) {
    this.#settings = settings;
    this.#threads = Math.min(threads, mostThreads);
  }

  /**
   * One step. The number of threads does not change the result.
   * @param state its arrays, and those of the gradients, are used up
   * @returns the state after the step, in the same memory
   */
  async update(
    state: AdamWArrays,
    gradients: Readonly<Record<string, NdArray>>,
    numbers: UpdateNumbers,
  ): Promise<AdamWArrays> {
    const { weightDecay, clipNorm } = this.#settings;
    const { learningRate, gradientNorm } = numbers;
    const clip = clipNorm === null ? 1 : Math.min(clipNorm / (gradientNorm + 1e-6), 1);
    const { beta1, beta2, epsilon } = this.#settings;
    const rates = {
      ...{ beta1, beta2, epsilon },
      scale: numbers.gradientScale * clip,
      stepSize: learningRate / numbers.correction1,
      root: 1 / Math.sqrt(numbers.correction2),
    };
    const owned = inOwnMemory(state);
    const names = Object.keys(gradients);
    const tensors = names.map((name) => ({
      parameter: owned.parameters[name].data,
      first: owned.first[name].data,
      second: owned.second[name].data,
      gradient: gradients[name].data,
      shrink: decays(name) ? 1 - learningRate * weightDecay : 1,
    }));

    const [own, ...others] = this.#share(tensors);
    const answers = others.map((places, index) =>
      this.#ask(index, { tensors: places.map((place) => tensors[place]), rates }),
    );
    for (const place of own) updateTensor(tensors[place], rates);
    const updated = await Promise.all(answers);
    others.forEach((places, index) => {
      places.forEach((place, i) => {
        const { parameter, first, second } = updated[index][i];
        const { shape } = owned.parameters[names[place]];
        owned.parameters[names[place]] = ndarray(parameter, shape);
        owned.first[names[place]] = ndarray(first, shape);
        owned.second[names[place]] = ndarray(second, shape);
      });
    });
    return owned;
  }

  /** Ends the threads. */
  async dispose(): Promise<void> {
    const workers = this.#workers;
    this.#workers = [];
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  /** The places of the tensors that each thread updates, about as many values each; this thread's first. */
  #share(tensors: readonly AdamWTensor[]): number[][] {
    const sizes = tensors.map(({ parameter }) => parameter.length);
    const few = sizes.reduce((sum, size) => sum + size, 0) < fewValues;
    const shares = Array.from({ length: few ? 1 : this.#threads }, () => ({
      places: [] as number[],
      size: 0,
    }));
    for (const place of [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a])) {
      const least = shares.reduce((a, b) => (b.size < a.size ? b : a));
      least.places.push(place);
      least.size += sizes[place];
    }
    return shares.map(({ places }) => places);
  }

  async #ask(index: number, task: AdamWTask): Promise<AdamWTensor[]> {
    this.#workers[index] ??= new Worker(new URL('./adamw.worker.js', import.meta.url));
    const worker = this.#workers[index];
    worker.postMessage(task, task.tensors.flatMap(buffersOf));
    const [tensors] = await once(worker, 'message');
    return tensors;
  }
}

/**
 * The same state with every array in memory of its own, so that it can be written over and passed to
 * another thread: values in files are read, and arrays that two names share (a head that starts as the
 * copy of another) are copied.
 */
export function inOwnMemory(state: AdamWArrays): AdamWArrays {
  const taken = new Set<ArrayBufferLike>();
  const own = (arrays: Record<string, NdArray>) =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => {
        const { data, shape } = array;
        const values = taken.has(data.buffer) || !isWhole(data) ? data.slice() : data;
        taken.add(values.buffer);
        return [name, values === data && !array.file ? array : ndarray(values, shape)];
      }),
    );
  return { parameters: own(state.parameters), first: own(state.first), second: own(state.second) };
}

function isWhole({ byteLength, buffer }: TypedArray): boolean {
  return byteLength === buffer.byteLength;
}
