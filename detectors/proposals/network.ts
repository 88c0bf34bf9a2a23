import * as tf from '@tensorflow/tfjs-core';
import { gelu } from '../../src/jit/fused.js';
import { convolution } from '../../src/nn/convolution.js';
import { linear, norm, type Parameters } from '../../src/nn/transformer.js';
import { type NetworkConfig, outputs } from './networkConfig.js';

const epsilon = 1e-6;

/**
 * The proposal network: a feature pyramid over taps of the vision tower (Lin et al. 2017) and a
 * class-agnostic head that all levels share. For each location it says how far the sides of the box
 * around it are (FCOS, Tian et al. 2019), and how good that box is by two measures of localisation,
 * centreness and overlap (OLN, Kim et al. 2022). Maps are [images, rows, columns, channels] throughout.
 *
 * @param taps of `NetworkConfig.taps`, each [images, rows, columns, width].
 * @param masks for each level 1 where an image is and 0 beyond, [images, rows, columns, 1], where maps have room for
 *   more than some images have: what is said of an image is then the same as of it alone.
 * @returns [images, locations, 6]: logarithms of the distances to the left, upper, right and lower side in
 *   strides, then the logits of centreness and overlap; levels from fine to coarse, row by row.
 */
export function proposalNetwork(
  parameters: Parameters,
  config: NetworkConfig,
  taps: readonly tf.Tensor4D[],
  masks?: readonly tf.Tensor4D[],
): tf.Tensor3D {
  const { strides, convolutions } = config;
  // A convolution reads zeros beyond an image alone, and so it must here.
  const inside: Inside = (x, stride) => (masks ? tf.mul(x, masks[strides.indexOf(stride)]) : x);
  const levels = pyramid(parameters, config, taps, inside);
  const [images] = taps[0].shape;
  const predicted = levels.map((level, i) => {
    const own = (x: tf.Tensor4D) => inside(x, strides[i]);
    let x = level;
    for (let i = 0; i < convolutions; i++) {
      x = tf.relu(convolve(parameters, `head.${i}`, own(x)));
    }
    return tf.reshape(convolution(parameters, 'head.output', own(x)), [images, -1, outputs]);
  });
  return tf.concat(predicted, 1) as tf.Tensor3D;
}

/** A map of a stride, zero beyond each image. */
type Inside = (x: tf.Tensor4D, stride: number) => tf.Tensor4D;

/** Maps of equal width, one for each stride. */
function pyramid(
  parameters: Parameters,
  { strides }: NetworkConfig,
  taps: readonly tf.Tensor4D[],
  inside: Inside,
): tf.Tensor4D[] {
  const laterals = taps.map((tap, level) => {
    const name = `pyramid.tap.${level}`;
    const normed = norm(parameters, `${name}.layer_norm`, tap, epsilon);
    return toStride(parameters, name, normed, strides[level], inside);
  });
  for (let level = laterals.length - 2; level >= 0; level--) {
    const finer = laterals[level];
    laterals[level] = tf.add(finer, cutTo(finer, doubled(laterals[level + 1])));
  }
  return laterals.map((lateral, level) =>
    convolve(parameters, `pyramid.out.${level}`, inside(lateral, strides[level])),
  );
}

/** Brings a map of patches to a stride, by as many trained steps of factor 2 as it takes. */
function toStride(
  parameters: Parameters,
  name: string,
  patches: tf.Tensor4D,
  stride: number,
  inside: Inside,
): tf.Tensor4D {
  const steps = Math.log2(stride);
  if (steps === 0) return linear(parameters, `${name}.0`, patches);
  let x = patches;
  for (let step = 0; step < Math.abs(steps); step++) {
    if (step > 0) x = gelu(x);
    x =
      steps < 0
        ? split(linear(parameters, `${name}.${step}`, x))
        : convolution(parameters, `${name}.${step}`, inside(x, 2 ** step), { stride: 2 });
  }
  return x;
}

/** A 3×3 convolution and the norm of each location. */
function convolve(parameters: Parameters, name: string, x: tf.Tensor4D): tf.Tensor4D {
  return norm(parameters, `${name}.layer_norm`, convolution(parameters, name, x), epsilon);
}

/** Four times the channels become a map of twice the sides. */
function split(x: tf.Tensor4D): tf.Tensor4D {
  const [images, rows, columns, width] = x.shape;
  const parts = tf.reshape(x, [images * rows, columns, 2, width / 2]);
  const ordered = tf.transpose(parts, [0, 2, 1, 3]);
  return tf.reshape(ordered, [images, 2 * rows, 2 * columns, width / 4]);
}

/** Each location four times. */
function doubled(x: tf.Tensor4D): tf.Tensor4D {
  const [images, rows, columns, width] = x.shape;
  const down = tf.tile(tf.reshape(x, [images * rows, 1, columns * width]), [1, 2, 1]);
  const across = tf.tile(tf.reshape(down, [images * 2 * rows * columns, 1, width]), [1, 2, 1]);
  return tf.reshape(across, [images, 2 * rows, 2 * columns, width]);
}

/** `x` cut to the size of `like`: the coarser map of an odd side covers more than the finer one. */
function cutTo(like: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D {
  const [, rows, columns] = like.shape;
  return x.shape[1] === rows && x.shape[2] === columns
    ? x
    : tf.slice(x, [0, 0, 0, 0], [-1, rows, columns, -1]);
}
