import * as tf from '@tensorflow/tfjs-core';
import { block, linear, norm, type Parameters, parameter } from '../nn/transformer.js';
import type { TextConfig } from './config.js';
import type { TextLength } from './textLength.js';

const positionTable = 'text_model.embeddings.position_embedding';

/** The positions of texts of a length, as `TokenEmbeddings` adds them: [tokens, width]. */
export function textPositions(
  parameters: Parameters,
  { keptPositions }: TextConfig,
  length: TextLength,
): tf.Tensor2D {
  const table = (suffix: string) =>
    parameter<tf.Tensor2D>(parameters, `${positionTable}${suffix}.weight`);
  if (length !== 'long') return table('');
  return tf.concat([
    tf.slice(table('_ori'), [0, 0], [keptPositions, -1]),
    tf.slice(table('_res'), [keptPositions, 0], [-1, -1]),
  ]);
}

/**
 * One block of the text tower. Every token looks at every other, padding included.
 * @param pick the tokens whose result is asked for; default all.
 */
export function textBlock(
  parameters: Parameters,
  config: TextConfig,
  index: number,
  tokens: tf.Tensor3D,
  pick?: (x: tf.Tensor3D) => tf.Tensor3D,
): tf.Tensor3D {
  return block(parameters, `text_model.encoder.layers.${index}`, tokens, config, pick);
}

/**
 * What the projections look at: the last token behind the last block, normed. Mostly it is padding.
 * @param tokens from `TokenEmbeddings`, [texts, tokens, width]
 * @returns [texts, width]
 */
export function encodeTexts(
  parameters: Parameters,
  config: TextConfig,
  tokens: tf.Tensor3D,
): tf.Tensor2D {
  const [texts, count, width] = tokens.shape;
  const last = (all: tf.Tensor3D) => tf.slice(all, [0, count - 1, 0], [-1, 1, -1]);
  let x = tokens;
  for (let index = 0; index < config.layers; index++) {
    x = textBlock(parameters, config, index, x, index === config.layers - 1 ? last : undefined);
  }
  const pooled: tf.Tensor2D = tf.reshape(x, [texts, width]);
  return finalNorm(parameters, config, pooled);
}

/** The norm behind the last block. */
export function finalNorm<T extends tf.Tensor>(
  parameters: Parameters,
  config: TextConfig,
  x: T,
): T {
  return norm(parameters, 'text_model.final_layer_norm', x, config.layerNormEps);
}

const heads = { short: 'text_model.head', box: 'boxtext_head', long: 'longtext_head' };

/**
 * Features of texts, not L2-normalised.
 * @param pooled from `encodeTexts`, [texts, width]
 * @returns [texts, width]
 */
export function textFeatures(
  parameters: Parameters,
  pooled: tf.Tensor2D,
  length: TextLength,
): tf.Tensor2D {
  return linear(parameters, heads[length], pooled);
}
