import * as tf from '@tensorflow/tfjs-core';
import { lookUpTokens } from '../nn/lookUpTokens.js';
import { block, linear, norm, type Parameters, parameter } from '../nn/transformer.js';
import type { TextConfig } from './config.js';
import { mostTokens, type TextLength } from './textLength.js';

/** Long texts take their first positions from one table and the rest from another. */
const keptPositions = 20;

const embeddings = 'text_model.embeddings';

/** Of packed texts (`laySideBySide`), which text each token belongs to, and its place there; int32 [rows, tokens]. */
export interface Packing {
  segments: tf.Tensor2D;
  positions: tf.Tensor2D;
}

/**
 * Token plus position embeddings.
 * @param ids int32 [texts, tokens]
 * @param places int32 [texts, tokens]: the position of each token; default 0, 1, … in each row
 * @param embedded the ids' embeddings from `lookUpTokens`
 * @returns [texts, tokens, width]
 * @throws when the texts have more tokens than there are positions.
 */
export function embedTokens(
  parameters: Parameters,
  config: TextConfig,
  ids: tf.Tensor2D,
  length: TextLength,
  places?: tf.Tensor2D,
  embedded: tf.Tensor3D = lookUpTokens(parameters, config, [ids])[0],
): tf.Tensor3D {
  const [texts, tokens] = ids.shape;
  const most = mostTokens(config, length);
  if (!places && tokens > most) {
    throw new Error(`${tokens} tokens are more than the ${most} a ${length} text may have.`);
  }
  if (!places) return tf.add(embedded, positions(parameters, config, tokens, length));
  // A product with ones and zeros picks rows exactly, and its gradient is a product too, not a scatter.
  const picks = tf.cast(tf.oneHot(tf.reshape(places, [texts * tokens]), most), 'float32');
  const placed = tf.matMul(picks as tf.Tensor2D, positions(parameters, config, most, length));
  return tf.add(embedded, tf.reshape(placed, embedded.shape));
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
 * @param hidden float32, 1 for tokens that may not be attended to, broadcast to [texts, heads, tokens,
 *   tokens]; default none.
 * @param pick the tokens whose result is asked for; default all.
 */
export function textBlock(
  parameters: Parameters,
  config: TextConfig,
  index: number,
  tokens: tf.Tensor3D,
  hidden?: tf.Tensor,
  pick?: (x: tf.Tensor3D) => tf.Tensor3D,
): tf.Tensor3D {
  const mask = hidden && tf.mul(hidden, -1e9);
  const name = `text_model.encoder.layers.${index}`;
  return block(parameters, name, tokens, { ...config, causal: true, mask }, pick);
}

/** The norm behind the last block. */
export function finalNorm<T extends tf.Tensor>(
  parameters: Parameters,
  config: TextConfig,
  x: T,
): T {
  return norm(parameters, 'text_model.final_layer_norm', x, config.layerNormEps);
}

/** Texts as the tower takes them. */
export interface TextRows {
  /** int32 [rows, tokens]: a text in each row, padded behind its end; or several, if `packing` says so. */
  ids: tf.Tensor2D;
  /** Their embeddings, if they have been looked up together with others' (`lookUpTokens`). */
  embedded?: tf.Tensor3D;
  /**
   * int32 [texts]: the first end of each text, 0 for a text without one, as in the reference; counted in
   * its row, or through all rows of packed texts.
   */
  ends: tf.Tensor1D;
  packing?: Packing;
  /** float32 [rows, tokens], 1 for tokens that may be attended to; default all. */
  mask?: tf.Tensor2D;
}

/**
 * Text features: the token at the first end of each text, projected; not L2-normalised.
 *
 * Tokens behind the end do not matter, so a batch needs no more of them than its longest text has, and
 * none between texts that are packed.
 *
 * @param head the projection to use; default the one of `length`
 * @returns [texts, projection]
 */
export function textFeatures(
  parameters: Parameters,
  config: TextConfig,
  { ids, embedded, ends, packing, mask }: TextRows,
  length: TextLength,
  head: TextLength = length,
): tf.Tensor2D {
  const hidden = mask
    ? tf.sub(1, tf.reshape(mask, [mask.shape[0], 1, 1, -1]))
    : packing && otherTexts(packing);
  let tokens = embedTokens(parameters, config, ids, length, packing?.positions, embedded);
  for (let index = 0; index < config.layers - 1; index++) {
    tokens = textBlock(parameters, config, index, tokens, hidden);
  }
  const places = packing ? ends : throughRows(ends, ids.shape[1]);
  const last = textBlock(parameters, config, config.layers - 1, tokens, hidden, (all) =>
    tokensAt(all, places),
  );
  const pooled = tf.reshape(last, [ends.shape[0], config.hiddenSize]) as tf.Tensor2D;
  const projection = head === 'long' ? 'text_filip_projection' : 'text_projection';
  return linear(parameters, projection, finalNorm(parameters, config, pooled));
}

/** 1 for pairs of tokens that belong to different texts: [rows, 1, tokens, tokens]. */
function otherTexts({ segments }: Packing): tf.Tensor {
  const [rows, tokens] = segments.shape;
  const own = tf.equal(
    tf.reshape(segments, [rows, 1, tokens, 1]),
    tf.reshape(segments, [rows, 1, 1, tokens]),
  );
  return tf.sub(1, tf.cast(own, 'float32'));
}

/** Places in one row each, counted through all rows. */
function throughRows(places: tf.Tensor1D, tokens: number): tf.Tensor1D {
  const starts = Array.from({ length: places.shape[0] }, (_, row) => row * tokens);
  return tf.add(tf.tensor1d(starts, 'int32'), places);
}

/** One token for each place, counted through all rows: [rows, tokens, width] → [places, 1, width]. */
function tokensAt(x: tf.Tensor3D, places: tf.Tensor1D): tf.Tensor3D {
  const [rows, tokens, width] = x.shape;
  const picked = tf.gather(tf.reshape(x, [rows * tokens, width]), places);
  return tf.reshape(picked, [places.shape[0], 1, width]);
}
