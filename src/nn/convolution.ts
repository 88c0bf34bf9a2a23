import * as tf from '@tensorflow/tfjs-core';
import { type Parameters, parameter } from './transformer.js';

/**
 * A convolution with `<name>.weight` [out, in, height, width] and, where the model has it, `<name>.bias`,
 * as PyTorch stores and computes them.
 * @param x [images, rows, columns, in]
 * @param options.stride steps between windows, default 1.
 * @param options.padding rows and columns of zeros on every side; default half the kernel, which keeps the
 *   size of the picture but for the stride.
 * @returns [images, rows, columns, out]
 */
export function convolution(
  parameters: Parameters,
  name: string,
  x: tf.Tensor4D,
  { stride = 1, padding }: { stride?: number; padding?: number } = {},
): tf.Tensor4D {
  const weight = parameter<tf.Tensor4D>(parameters, `${name}.weight`);
  const [, , height, width] = weight.shape;
  const [rows, columns] = [height, width].map((side) => padding ?? Math.floor(side / 2));
  return tf.fused.conv2d({
    x,
    filter: tf.transpose<tf.Tensor4D>(weight, [2, 3, 1, 0]),
    strides: stride,
    pad: [
      [0, 0],
      [rows, rows],
      [columns, columns],
      [0, 0],
    ],
    bias: parameters[`${name}.bias`],
  });
}
