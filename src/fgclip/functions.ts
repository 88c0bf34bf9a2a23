import * as tf from '@tensorflow/tfjs-core';
import { roiAlign } from '../nn/roiAlign.js';
import type { Parameters } from '../nn/transformer.js';
import type { FgClipConfig } from './config.js';
import { type Packing, textFeatures } from './text.js';
import type { TextLength } from './textLength.js';
import { denseFeatures, encodeWithTaps, globalFeatures } from './vision.js';

/**
 * What a model computes, as functions of its weights, to be compiled. The encoder is apart from the heads behind it,
 * so that its weights are in memory once, whatever is asked of a picture.
 */
export function modelFunctions(
  { vision, text, projectionDim }: FgClipConfig,
  taps: readonly number[],
) {
  const textTower =
    (length: TextLength) =>
    (w: Parameters, ids: tf.Tensor2D, ends: tf.Tensor1D, packing: Packing) =>
      textFeatures(w, text, { ids, ends, packing }, length);
  return {
    encode: (w: Parameters, pixels: tf.Tensor4D) => encodeWithTaps(w, vision, pixels, taps),
    imageFeatures: (w: Parameters, tokens: tf.Tensor3D) => globalFeatures(w, vision, tokens),
    denseFeatures: (w: Parameters, tokens: tf.Tensor3D) => denseFeatures(w, vision, tokens),
    regionFeatures: (
      maps: tf.Tensor4D,
      image: tf.Tensor1D,
      rowWeights: tf.Tensor2D,
      columnWeights: tf.Tensor2D,
    ) =>
      tf.reshape(roiAlign(maps, image, rowWeights, columnWeights), [image.shape[0], projectionDim]),
    shortTexts: textTower('short'),
    longTexts: textTower('long'),
  };
}

export type ModelFunctions = ReturnType<typeof modelFunctions>;
