import { type NdArray, ndarray, type TypedArray } from '../jit/ndarray.js';
import { type AdamWSettings, decays } from './adamw.js';

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

/**
 * The step of `adamW`, written over the state's own arrays, which must be in memory (`inMemory`). A graph
 * would go through the memory a dozen times and return a second copy of the whole state; this goes
 * through it once. Intermediate results are in double precision.
 */
export function adamWInPlace(
  state: AdamWArrays,
  gradients: Readonly<Record<string, NdArray>>,
  settings: AdamWSettings,
  numbers: UpdateNumbers,
): void {
  const { weightDecay, clipNorm } = settings;
  const { learningRate, gradientNorm } = numbers;
  const clip = clipNorm === null ? 1 : Math.min(clipNorm / (gradientNorm + 1e-6), 1);
  const rates = {
    scale: numbers.gradientScale * clip,
    ...settings,
    stepSize: learningRate / numbers.correction1,
    root: 1 / Math.sqrt(numbers.correction2),
  };
  for (const [name, gradient] of Object.entries(gradients)) {
    const shrink = decays(name) ? 1 - learningRate * weightDecay : 1;
    update(
      state.parameters[name].data,
      state.first[name].data,
      state.second[name].data,
      gradient.data,
      { ...rates, shrink },
    );
  }
}

interface Rates {
  beta1: number;
  beta2: number;
  epsilon: number;
  scale: number;
  stepSize: number;
  root: number;
  shrink: number;
}

function update(
  parameter: TypedArray,
  first: TypedArray,
  second: TypedArray,
  gradient: TypedArray,
  { beta1, beta2, epsilon, scale, stepSize, root, shrink }: Rates,
): void {
  const fresh1 = 1 - beta1;
  const fresh2 = 1 - beta2;
  for (let i = 0; i < parameter.length; i++) {
    const slope = gradient[i] * scale;
    const mean = beta1 * first[i] + fresh1 * slope;
    const square = beta2 * second[i] + fresh2 * slope * slope;
    first[i] = mean;
    second[i] = square;
    parameter[i] = parameter[i] * shrink - (stepSize * mean) / (Math.sqrt(square) * root + epsilon);
  }
}

/**
 * The same state with every array in memory of its own, so that it can be written over: values in files
 * are read, and arrays that two names share (a head that starts as the copy of another) are copied.
 */
export function inMemory(state: AdamWArrays): AdamWArrays {
  const taken = new Set<TypedArray>();
  const own = (arrays: Record<string, NdArray>) =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => {
        const { data, shape } = array;
        const values = taken.has(data) ? data.slice() : data;
        taken.add(values);
        return [name, values === data && !array.file ? array : ndarray(values, shape)];
      }),
    );
  return { parameters: own(state.parameters), first: own(state.first), second: own(state.second) };
}
