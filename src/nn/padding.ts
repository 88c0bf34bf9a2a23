import * as tf from '@tensorflow/tfjs-core';
import { activeTrace } from '../jit/tracer.js';

/**
 * Rows and columns on every side of pictures. A compiled operator adds them itself; where functions run as they are,
 * they are added beforehand, because tfjs-node has no gradients of operators that do, and no pooling.
 * @param x [images, rows, columns, channels]
 * @param value of what is added beforehand.
 * @returns the pictures, and what to name to the operator as its padding.
 */
export function padded(x: tf.Tensor4D, sides: readonly [rows: number, columns: number], value = 0) {
  const [rows, columns] = sides;
  const pads: tf.backend_util.ExplicitPadding = [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ];
  if (activeTrace()) return { x, pad: pads };
  const grown = rows + columns > 0 ? tf.pad(x, pads as [number, number][], value) : x;
  return { x: grown, pad: 'valid' as const };
}
