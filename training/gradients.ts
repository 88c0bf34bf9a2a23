import * as tf from '@tensorflow/tfjs-core';
import '../src/jit/gradients/all.js';
import type { Tensors } from './adamw.js';

/**
 * Value and gradients of a scalar function of named tensors. Tensors that the value does not depend on
 * have no entry among the gradients.
 */
export function valueAndGradients<T extends { total: tf.Scalar }>(
  fn: (parameters: Tensors) => T,
  parameters: Tensors,
): { value: T; gradients: Tensors } {
  const names = Object.keys(parameters);
  let value: T | undefined;
  const { grads } = tf.engine().gradients(
    () => {
      value = fn(parameters);
      return value.total;
    },
    names.map((name) => parameters[name]),
    undefined,
    true,
  );
  const gradients: Tensors = {};
  names.forEach((name, index) => {
    if (grads[index]) gradients[name] = grads[index];
  });
  return { value: value!, gradients };
}
