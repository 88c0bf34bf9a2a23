import * as tf from '@tensorflow/tfjs-core';
import { padded } from './padding.js';
import { type Parameters, parameter } from './transformer.js';

export interface ConvolutionOptions {
  /** Steps between windows, default 1. */
  stride?: number;
  /**
   * Rows and columns of zeros on every side, or `same`, TensorFlow's: as few as give a result of the picture's
   * size by the stride, an odd one at the right and below. Default half the kernel, which keeps the size of the
   * picture but for the stride.
   */
  padding?: number | 'same';
}

/**
 * A convolution with `<name>.weight` [out, in, height, width] and, where the model has it, `<name>.bias`,
 * as PyTorch stores and computes them.
 * @param x [images, rows, columns, in]
 * @returns [images, rows, columns, out]
 */
export function convolution(
  parameters: Parameters,
  name: string,
  x: tf.Tensor4D,
  { stride = 1, padding }: ConvolutionOptions = {},
): tf.Tensor4D {
  const weight = parameter<tf.Tensor4D>(parameters, `${name}.weight`);
  return tf.fused.conv2d({
    ...withZeros(x, weight, padding),
    filter: tf.transpose<tf.Tensor4D>(weight, [2, 3, 1, 0]),
    strides: stride,
    bias: parameters[`${name}.bias`],
  });
}

/**
 * A convolution of each channel by itself, with `<name>.weight` [channels, 1, height, width] and, where the model
 * has it, `<name>.bias`, as PyTorch stores and computes them (`groups` = channels).
 * @param x [images, rows, columns, channels]
 * @returns [images, rows, columns, channels]
 */
export function depthwiseConvolution(
  parameters: Parameters,
  name: string,
  x: tf.Tensor4D,
  { stride = 1, padding }: ConvolutionOptions = {},
): tf.Tensor4D {
  const weight = parameter<tf.Tensor4D>(parameters, `${name}.weight`);
  const { x: picture, pad } = withZeros(x, weight, padding);
  return tf.fused.depthwiseConv2d({
    x: picture,
    filter: tf.transpose<tf.Tensor4D>(weight, [2, 3, 0, 1]),
    strides: stride,
    pad: pad as 'same',
    bias: parameters[`${name}.bias`],
  });
}

function withZeros(
  x: tf.Tensor4D,
  { shape: [, , height, width] }: tf.Tensor4D,
  padding: ConvolutionOptions['padding'],
) {
  if (padding === 'same') return { x, pad: padding };
  const [rows, columns] = [height, width].map((side) => padding ?? Math.floor(side / 2));
  return padded(x, [rows, columns]);
}
