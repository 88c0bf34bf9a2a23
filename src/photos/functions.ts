import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../nn/transformer.js';
import { boxMaps } from './boxes.js';
import type { PhotosConfig } from './config.js';
import { cropAnswers } from './crops.js';
import { textMeans } from './text.js';
import { mostTexts } from './textRows.js';

/** What a model computes, as functions of its weights, to be compiled. */
export function photosFunctions({ crops, text }: PhotosConfig) {
  return {
    boxMaps: (w: Parameters, pixels: tf.Tensor4D) => boxMaps(w, pixels),
    cropAnswers: (w: Parameters, pixels: tf.Tensor4D) => cropAnswers(w, crops, pixels),
    textMeans: (w: Parameters, embedded: tf.Tensor2D, segments: tf.Tensor1D) =>
      textMeans(w, text, embedded, segments, mostTexts(segments.shape[0])),
  };
}

export type PhotosFunctions = ReturnType<typeof photosFunctions>;
