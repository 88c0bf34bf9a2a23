import * as tf from '@tensorflow/tfjs-core';
import { roiAlign } from '../nn/roiAlign.js';
import type { Parameters } from '../nn/transformer.js';
import type { FgClip2Config } from './config.js';
import { encodeTexts, textFeatures } from './text.js';
import type { TextLength } from './textLength.js';
import { denseFeatures, encodeWithTaps, pooledFeatures, visionPositions } from './vision.js';

/**
 * What a model computes, as functions of its weights, to be compiled. The towers are apart from the heads behind them,
 * so that their weights are in memory once, whatever is asked.
 * @param taps after how many blocks of the vision tower its patches are wanted as well.
 */
export function modelFunctions({ vision, text }: FgClip2Config, taps: readonly number[] = []) {
  const textHead = (length: TextLength) => (w: Parameters, pooled: tf.Tensor2D) =>
    textFeatures(w, pooled, length);
  return {
    positions: (w: Parameters, down: tf.Tensor2D, across: tf.Tensor2D) =>
      visionPositions(w, vision, down, across),
    encodePatches: (w: Parameters, patches: tf.Tensor3D, positions: tf.Tensor2D) =>
      encodeWithTaps(w, vision, { patches, positions }, taps),
    imageFeatures: (w: Parameters, tokens: tf.Tensor3D) => pooledFeatures(w, vision, tokens),
    denseFeatures: (w: Parameters, tokens: tf.Tensor3D) => denseFeatures(w, vision, tokens),
    regionFeatures: (
      map: tf.Tensor4D,
      image: tf.Tensor1D,
      rowWeights: tf.Tensor2D,
      columnWeights: tf.Tensor2D,
    ) =>
      tf.reshape(roiAlign(map, image, rowWeights, columnWeights), [
        image.shape[0],
        vision.hiddenSize,
      ]),
    encodeTexts: (w: Parameters, tokens: tf.Tensor3D) => encodeTexts(w, text, tokens),
    shortTexts: textHead('short'),
    boxTexts: textHead('box'),
    longTexts: textHead('long'),
  };
}

export type ModelFunctions = ReturnType<typeof modelFunctions>;
