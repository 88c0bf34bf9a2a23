import * as tf from '@tensorflow/tfjs-core';
import { block, linear, norm, type Parameters, parameter } from '../nn/transformer.js';
import type { TextConfig } from './config.js';

/**
 * `short`: captions, region descriptions and prompts; `long`: long captions, with positions and a
 * projection of their own.
 */
export type TextLength = 'short' | 'long';

/** Long texts take their first positions from one table and the rest from another. */
const keptPositions = 20;

const embeddings = 'text_model.embeddings';

/** The most tokens a text of this kind may have, begin and end included. */
export function mostTokens(config: TextConfig, length: TextLength): number {
  return length === 'long' ? config.longPositions : config.positions;
}

/**
 * Token plus position embeddings.
 * @param ids int32 [texts, tokens]
 * @returns [texts, tokens, width]
 * @throws when the texts have more tokens than there are positions.
 */
export function embedTokens(
  parameters: Parameters,
  config: TextConfig,
  ids: tf.Tensor2D,
  length: TextLength,
): tf.Tensor3D {
  const [texts, tokens] = ids.shape;
  if (tokens > mostTokens(config, length)) {
    throw new Error(
      `${tokens} tokens are more than the ${mostTokens(config, length)} a ${length} text may have.`,
    );
  }
  const table = parameter<tf.Tensor2D>(parameters, `${embeddings}.token_embedding.weight`);
  const embedded = tf.reshape(tf.gather(table, tf.reshape(ids, [texts * tokens]) as tf.Tensor1D), [
    texts,
    tokens,
    config.hiddenSize,
  ]);
  return tf.add(embedded, positions(parameters, config, tokens, length));
}

function positions(
  parameters: Parameters,
  config: TextConfig,
  tokens: number,
  length: TextLength,
): tf.Tensor2D {
  const rows = (name: string, begin: number, count: number) =>
    tf.slice(
      parameter<tf.Tensor2D>(parameters, `${embeddings}.${name}.weight`),
      [begin, 0],
      [count, config.hiddenSize],
    );
  if (length === 'short') return rows('position_embedding', 0, tokens);
  if (tokens <= keptPositions) return rows('position_embedding_ori', 0, tokens);
  return tf.concat([
    rows('position_embedding_ori', 0, keptPositions),
    rows('position_embedding_res', keptPositions, tokens - keptPositions),
  ]);
}

/**
 * One block of the causal text tower.
 * @param mask float32 [texts, tokens], 1 for tokens that may be attended to; default all.
 * @param pick the tokens whose result is asked for; default all.
 */
export function textBlock(
  parameters: Parameters,
  config: TextConfig,
  index: number,
  tokens: tf.Tensor3D,
  mask?: tf.Tensor2D,
  pick?: (x: tf.Tensor3D) => tf.Tensor3D,
): tf.Tensor3D {
  const additive =
    mask && tf.mul(tf.sub(1, tf.reshape(mask, [mask.shape[0], 1, 1, mask.shape[1]])), -1e9);
  const name = `text_model.encoder.layers.${index}`;
  return block(parameters, name, tokens, { ...config, causal: true, mask: additive }, pick);
}

/** The norm behind the last block. */
export function finalNorm<T extends tf.Tensor>(
  parameters: Parameters,
  config: TextConfig,
  x: T,
): T {
  return norm(parameters, 'text_model.final_layer_norm', x, config.layerNormEps);
}

/**
 * Text features: the token at the first end of each text, projected; not L2-normalised.
 *
 * Tokens behind the end do not matter, so a batch needs no more of them than its longest text has.
 *
 * @param ids int32 [texts, tokens], padded behind the end
 * @param ends int32 [texts]: the place of the first end; 0 for a text without one, as in the reference
 * @param mask float32 [texts, tokens], 1 for tokens that may be attended to; default all
 * @param head the projection to use; default the one of `length`
 * @returns [texts, projection]
 */
export function textFeatures(
  parameters: Parameters,
  config: TextConfig,
  texts: { ids: tf.Tensor2D; ends: tf.Tensor1D; mask?: tf.Tensor2D },
  length: TextLength,
  head: TextLength = length,
): tf.Tensor2D {
  const { ids, ends, mask } = texts;
  let tokens = embedTokens(parameters, config, ids, length);
  for (let index = 0; index < config.layers - 1; index++) {
    tokens = textBlock(parameters, config, index, tokens, mask);
  }
  const last = textBlock(parameters, config, config.layers - 1, tokens, mask, (all) =>
    tokensAt(all, ends),
  );
  const pooled = tf.reshape(last, [ids.shape[0], config.hiddenSize]) as tf.Tensor2D;
  const projection = head === 'long' ? 'text_filip_projection' : 'text_projection';
  return linear(parameters, projection, finalNorm(parameters, config, pooled));
}

/** One token of each text: [texts, tokens, width] → [texts, 1, width]. */
function tokensAt(x: tf.Tensor3D, places: tf.Tensor1D): tf.Tensor3D {
  const [texts, tokens, width] = x.shape;
  const starts = tf.tensor1d(
    Array.from({ length: texts }, (_, text) => text * tokens),
    'int32',
  );
  const rows = tf.gather(
    tf.reshape(x, [texts * tokens, width]),
    tf.add(starts, places) as tf.Tensor1D,
  );
  return tf.reshape(rows, [texts, 1, width]);
}
