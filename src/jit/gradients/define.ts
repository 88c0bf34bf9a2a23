import * as tf from '@tensorflow/tfjs-core';

// tfjs-core keeps its gradients in modules that Node.js cannot import, and its package with them in a bundle takes
// a second to load. So the gradients of the operators that can be compiled are here.

export type Gradients = Record<string, () => tf.Tensor>;

/** What a gradient needs of the operator's call, besides the gradient of its results. */
export interface Kept {
  /** Names of operands. */
  inputs?: string[];
  /** Results: [true] for the first. */
  outputs?: boolean[];
  /** All operands of a list. */
  list?: boolean;
}

const defined: tf.GradConfig[] = [];

/** Puts the gradients that were defined in the place of those that a package registered since. */
export function restoreGradients(): void {
  for (const gradient of defined) tf.registerGradient(gradient);
}

/**
 * Registers the gradient of a tfjs kernel, for every backend.
 * @param gradient gets the gradient of the results (a list where there are several), what was kept, operands
 *   before results, and the kernel's attributes; returns the gradient of each operand, computed when asked for.
 */
export function defineGradient<D extends tf.Tensor | tf.Tensor[] = tf.Tensor>(
  kernelName: string,
  { inputs, outputs, list }: Kept,
  gradient: (dy: D, kept: tf.Tensor[], attributes: Record<string, unknown>) => unknown,
): void {
  const config: tf.GradConfig = {
    kernelName,
    inputsToSave: inputs,
    outputsToSave: outputs,
    saveAllInputs: list,
    gradFunc: (dy, kept, attributes) =>
      gradient(dy as D, kept, attributes as Record<string, unknown>) as Gradients,
  };
  defined.push(config);
  tf.registerGradient(config);
}

/** The gradient of an operand that was broadcast from `shape`: sums over what it was repeated along. */
export function unbroadcast(dy: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
}

/** Zeros in place of the gradient of an operand of any type. */
export function noGradient(x: tf.Tensor): tf.Tensor {
  return tf.zeros(x.shape);
}
