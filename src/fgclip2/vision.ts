import * as tf from '@tensorflow/tfjs-core';
import { block, linear, norm, type Parameters, parameter } from '../nn/transformer.js';
import { attentionHead } from './attentionHead.js';
import type { VisionConfig } from './config.js';

const positionTable = 'vision_model.embeddings.position_embedding.weight';

/** The vision tower, and where pictures of several grids lie in one batch, what keeps patches from those that are none. */
type Vision = VisionConfig & {
  /** Added to the logits of attention: very negative for patches that a picture does not have. [images, 1, 1, patches]. */
  mask?: tf.Tensor;
};

/**
 * Position embeddings for a grid of patches: the stored ones interpolated, as they are for every picture.
 * @param down from `bilinearMatrix`, [rows, stored rows]
 * @param across likewise, [columns, stored columns]
 * @returns [rows · columns, width]
 */
export function visionPositions(
  parameters: Parameters,
  { positionSide: side, hiddenSize: width }: VisionConfig,
  down: tf.Tensor2D,
  across: tf.Tensor2D,
): tf.Tensor2D {
  const [[rows], [columns]] = [down.shape, across.shape];
  const stored = parameter(parameters, positionTable);
  // Transposed, since products with a weight on their right are quantised in int8: this one is exact.
  const strips = tf.matMul(
    tf.transpose(down),
    tf.reshape(stored, [side, side * width]) as tf.Tensor2D,
    true,
  );
  const both = tf.matMul(
    tf.tile(tf.reshape(across, [1, columns, side]), [rows, 1, 1]),
    tf.reshape(strips, [rows, side, width]) as tf.Tensor3D,
  );
  return tf.reshape(both, [rows * columns, width]);
}

/**
 * The same for patches of any pictures.
 * @param down each patch's row of `bilinearMatrix`, [images, patches, stored rows]
 * @param across likewise, [images, patches, stored columns]
 * @returns [images, patches, width]
 */
export function positionsOfPatches(
  parameters: Parameters,
  { positionSide: side, hiddenSize: width }: VisionConfig,
  down: tf.Tensor3D,
  across: tf.Tensor3D,
): tf.Tensor3D {
  const [images, patches] = down.shape;
  const weights = tf.mul(
    tf.reshape(down, [images * patches, side, 1]),
    tf.reshape(across, [images * patches, 1, side]),
  );
  const rows: tf.Tensor2D = tf.reshape(weights, [images * patches, side * side]);
  const placed = tf.matMul(rows, parameter<tf.Tensor2D>(parameters, positionTable));
  return tf.reshape(placed, [images, patches, width]);
}

/**
 * The tokens that enter the first block.
 * @param patches [images, patches, patch values]
 * @param positions [patches, width], or for each image its own
 * @returns [images, patches, width]
 */
export function embedPatches(
  parameters: Parameters,
  patches: tf.Tensor3D,
  positions: tf.Tensor2D | tf.Tensor3D,
): tf.Tensor3D {
  const embedded = linear(parameters, 'vision_model.embeddings.patch_embedding', patches);
  return tf.add(embedded, positions);
}

/** One block of the vision tower on [images, patches, width]. */
export function visionBlock(
  parameters: Parameters,
  config: Vision,
  index: number,
  tokens: tf.Tensor3D,
): tf.Tensor3D {
  return block(parameters, `vision_model.encoder.layers.${index}`, tokens, config);
}

/**
 * What both heads look at: the patches behind the last block, normed.
 * @param patches [images, patches, patch values]: pictures of one grid,
 *   or of several, with a mask
 * @param positions from `visionPositions` for that grid or `positionsOfPatches`
 * @returns [images, patches, width]
 */
export function encodePatches(
  parameters: Parameters,
  config: Vision,
  patches: tf.Tensor3D,
  positions: tf.Tensor2D | tf.Tensor3D,
): tf.Tensor3D {
  return encodeWithTaps(parameters, config, { patches, positions }, []).tokens;
}

/** What the vision tower yields. */
export interface TappedTokens {
  /** As `encodePatches` gives them. */
  tokens: tf.Tensor3D;
  /** The patches on the way there, [images, patches, width], one for each number in `taps`. */
  taps: tf.Tensor3D[];
}

/**
 * `encodePatches`, with the patches as they are after some of the blocks on the way.
 * @param taps after how many blocks; from 1 to as many as there are.
 */
export function encodeWithTaps(
  parameters: Parameters,
  config: Vision,
  { patches, positions }: { patches: tf.Tensor3D; positions: tf.Tensor2D | tf.Tensor3D },
  taps: readonly number[],
): TappedTokens {
  const after = [embedPatches(parameters, patches, positions)];
  for (let index = 0; index < config.layers; index++) {
    after.push(visionBlock(parameters, config, index, after[index]));
  }
  return {
    tokens: norm(parameters, 'vision_model.post_layernorm', after.at(-1)!, config.layerNormEps),
    taps: taps.map((tap) => after[tap]),
  };
}

/**
 * Features of whole pictures: what a learned probe finds among the patches; not L2-normalised.
 * @param tokens from `encodePatches`
 * @returns [images, width]
 */
export function pooledFeatures(
  parameters: Parameters,
  config: Vision,
  tokens: tf.Tensor3D,
): tf.Tensor2D {
  const [images, , width] = tokens.shape;
  const probe = parameter<tf.Tensor3D>(parameters, 'vision_model.head.probe');
  const all = tf.concat([tf.tile(probe, [images, 1, 1]), tokens], 1);
  const pooled = attentionHead(parameters, 'vision_model.head', config, all, {
    queries: (each) => tf.slice(each, [0, 0, 0], [-1, 1, -1]),
    keys: (each) => tf.slice(each, [0, 1, 0], [-1, -1, -1]),
  });
  return tf.reshape(pooled, [images, width]);
}

/**
 * A feature for each patch, not L2-normalised.
 * @param tokens from `encodePatches`
 * @returns [images, patches, width]
 */
export function denseFeatures(
  parameters: Parameters,
  config: Vision,
  tokens: tf.Tensor3D,
): tf.Tensor3D {
  return attentionHead(parameters, 'dense_feature_head', config, tokens);
}
