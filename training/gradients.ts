import * as tf from '@tensorflow/tfjs-core';
import '../src/jit/gradients/all.js';
import { activeTrace } from '../src/jit/tracer.js';
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
      if (!activeTrace()) for (const part of besides(value)) tf.keep(part);
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
  return { value: activeTrace() ? value! : unkept(value!), gradients };
}

/** What tfjs frees at the end of a gradient, if it is not kept: all values but the one that was differentiated. */
function besides({ total, ...parts }: { total: tf.Scalar }): Set<tf.Tensor> {
  const tensors = Object.values(parts as Partial<Tensors>).filter((part) => part !== undefined);
  return new Set(tensors.filter((part) => part !== total));
}

/** The same values, to be freed with the scope that asks for them. */
function unkept<T extends { total: tf.Scalar }>(value: T): T {
  const kept = besides(value);
  const free = Object.entries(value as Partial<Tensors>).map(([name, part]) => [
    name,
    part && kept.has(part) ? tf.clone(part) : part,
  ]);
  tf.dispose([...kept]);
  return Object.fromEntries(free) as T;
}
