import type { TypedArray } from '../src/jit/ndarray.js';

const { sqrt } = Math;

/** One tensor's weights and moments, with its gradient. */
export interface AdamWTensor {
  parameter: TypedArray;
  first: TypedArray;
  second: TypedArray;
  gradient: TypedArray;
  /** Factor of the weights that decay leaves. */
  shrink: number;
}

/** Numbers that all tensors share in one step. */
export interface AdamWRates {
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Factor of the gradients: clipping, and the mean over micro-batches. */
  scale: number;
  /** The learning rate over the first moment's bias correction. */
  stepSize: number;
  /** One over the root of the second moment's bias correction. */
  root: number;
}

/** Updates a tensor in place. Intermediate results are in double precision. */
export function updateTensor(
  { parameter, first, second, gradient, shrink }: AdamWTensor,
  { beta1, beta2, epsilon, scale, stepSize, root }: AdamWRates,
): void {
  const fresh1 = 1 - beta1;
  const fresh2 = 1 - beta2;
  for (let i = 0; i < parameter.length; i++) {
    const slope = gradient[i] * scale;
    const mean = beta1 * first[i] + fresh1 * slope;
    const square = beta2 * second[i] + fresh2 * slope * slope;
    first[i] = mean;
    second[i] = square;
    parameter[i] = parameter[i] * shrink - (stepSize * mean) / (sqrt(square) * root + epsilon);
  }
}

/** The memory a tensor's arrays lie in. */
export function buffersOf({ parameter, first, second, gradient }: AdamWTensor): ArrayBuffer[] {
  return [parameter, first, second, gradient].map(({ buffer }) => buffer as ArrayBuffer);
}
