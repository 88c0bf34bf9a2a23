import * as tf from '@tensorflow/tfjs-core';
import type { Grid } from '../geometry/grid.js';
import { bicubicMatrix } from '../nn/bicubic.js';
import { stopGradient } from '../nn/stopGradient.js';
import {
  block,
  blockWithoutMixing,
  linear,
  norm,
  type Parameters,
  parameter,
} from '../nn/transformer.js';
import type { VisionConfig } from './config.js';
import { patchGrid } from './patchGrid.js';

/**
 * The tokens that enter the first block: class token, then patches row by row, with positions.
 * @param pixels normalised, [images, channels, height, width]; any sides that are multiples of the patch.
 * @returns [images, 1 + patches, width]
 */
export function embedPatches(
  parameters: Parameters,
  config: VisionConfig,
  pixels: tf.Tensor4D,
): tf.Tensor3D {
  const { patchSize, hiddenSize, channels } = config;
  const [images] = pixels.shape;
  const { rows, columns } = patchGrid(pixels.shape, config);
  // A convolution whose stride is its kernel is a product: every patch is one row.
  const patches = tf.reshape(
    tf.transpose(
      tf.reshape(pixels, [images, channels, rows, patchSize, columns, patchSize]),
      [0, 2, 4, 1, 3, 5],
    ),
    [images * rows * columns, channels * patchSize * patchSize],
  ) as tf.Tensor2D;
  const name = 'vision_model.embeddings';
  const kernel = tf.reshape(parameter(parameters, `${name}.patch_embedding.weight`), [
    hiddenSize,
    channels * patchSize * patchSize,
  ]) as tf.Tensor2D;
  const embedded = tf.reshape(tf.matMul(patches, kernel, false, true), [
    images,
    rows * columns,
    hiddenSize,
  ]) as tf.Tensor3D;
  const classToken = tf.reshape(parameter(parameters, `${name}.class_embedding`), [
    1,
    1,
    hiddenSize,
  ]) as tf.Tensor3D;
  const tokens = tf.concat([tf.tile(classToken, [images, 1, 1]), embedded], 1);
  const placed = tf.add(tokens, visionPositions(parameters, config, { rows, columns }));
  return norm(parameters, 'vision_model.pre_layrnorm', placed as tf.Tensor3D, config.layerNormEps);
}

/**
 * Position embeddings for a patch grid: the stored ones, or those interpolated bicubically for another
 * grid. Interpolated ones pass no gradient on, as in the reference.
 * @returns [1 + patches, width], the class position first.
 */
export function visionPositions(
  parameters: Parameters,
  config: VisionConfig,
  { rows, columns }: Grid,
): tf.Tensor2D {
  const stored = parameter<tf.Tensor2D>(
    parameters,
    'vision_model.embeddings.position_embedding.weight',
  );
  const native = config.imageSize / config.patchSize;
  if (rows === native && columns === native) return stored;
  const constant = stopGradient(stored);
  const width = config.hiddenSize;
  const grid = tf.slice(constant, [1, 0], [native * native, width]);
  const down = tf.matMul(
    tf.tensor2d(bicubicMatrix(native, rows), [rows, native]),
    tf.reshape(grid, [native, native * width]) as tf.Tensor2D,
  );
  const across = tf.matMul(
    tf.tile(
      tf.reshape(tf.tensor2d(bicubicMatrix(native, columns), [columns, native]), [
        1,
        columns,
        native,
      ]),
      [rows, 1, 1],
    ),
    tf.reshape(down, [rows, native, width]),
  );
  return tf.concat([
    tf.slice(constant, [0, 0], [1, width]),
    tf.reshape(across, [rows * columns, width]) as tf.Tensor2D,
  ]);
}

/** One block of the vision tower on [images, tokens, width]. */
export function visionBlock(
  parameters: Parameters,
  config: VisionConfig,
  index: number,
  tokens: tf.Tensor3D,
): tf.Tensor3D {
  return block(parameters, blockName(index), tokens, config);
}

/**
 * The tokens that enter the last block: all that global and dense features need of a picture.
 * @param pixels normalised, [images, channels, height, width]
 * @returns [images, 1 + patches, width]
 */
export function encodePixels(
  parameters: Parameters,
  config: VisionConfig,
  pixels: tf.Tensor4D,
): tf.Tensor3D {
  return encodeWithTaps(parameters, config, pixels, []).tokens;
}

/** What the vision tower yields below its last block. */
export interface TappedTokens {
  /** The tokens that enter the last block, [images, 1 + patches, width]. */
  tokens: tf.Tensor3D;
  /** Patches on the way there, [images, rows, columns, width], one for each number in `taps`. */
  taps: tf.Tensor4D[];
}

/**
 * `encodePixels`, with the patches as they are after some of the blocks on the way.
 * @param taps after how many blocks; from 1 to one less than there are.
 */
export function encodeWithTaps(
  parameters: Parameters,
  config: VisionConfig,
  pixels: tf.Tensor4D,
  taps: readonly number[],
): TappedTokens {
  const { rows, columns } = patchGrid(pixels.shape, config);
  let tokens = embedPatches(parameters, config, pixels);
  const tapped = new Map<number, tf.Tensor4D>();
  for (let done = 1; done < config.layers; done++) {
    tokens = visionBlock(parameters, config, done - 1, tokens);
    if (!taps.includes(done)) continue;
    const patches = tf.slice(tokens, [0, 1, 0], [-1, -1, -1]);
    tapped.set(done, tf.reshape(patches, [pixels.shape[0], rows, columns, config.hiddenSize]));
  }
  const wrong = taps.find((tap) => !tapped.has(tap));
  if (wrong !== undefined) {
    throw new Error(`tap ${wrong} is not among the blocks 1 to ${config.layers - 1}.`);
  }
  return { tokens, taps: taps.map((tap) => tapped.get(tap)!) };
}

/**
 * The global feature: the last block's class token, normed and projected; not L2-normalised.
 * @param tokens from `encodePixels`, [images, 1 + patches, width]
 * @returns [images, projection]
 */
export function globalFeatures(
  parameters: Parameters,
  config: VisionConfig,
  tokens: tf.Tensor3D,
): tf.Tensor2D {
  const classToken = (all: tf.Tensor3D) => tf.slice(all, [0, 0, 0], [-1, 1, -1]);
  const last = block(parameters, blockName(config.layers - 1), tokens, config, classToken);
  const pooled = tf.reshape(last, [tokens.shape[0], config.hiddenSize]) as tf.Tensor2D;
  return project(parameters, config, pooled);
}

/**
 * Dense features: the last block without mixing of tokens, class token dropped, normed and projected;
 * not L2-normalised.
 * @param tokens from `encodePixels`, [images, 1 + patches, width]
 * @returns [images, patches, projection], row by row of the patch grid
 */
export function denseFeatures(
  parameters: Parameters,
  config: VisionConfig,
  tokens: tf.Tensor3D,
): tf.Tensor3D {
  const patches = tf.slice(tokens, [0, 1, 0], [-1, -1, -1]);
  const last = blockWithoutMixing(parameters, blockName(config.layers - 1), patches, config);
  return project(parameters, config, last);
}

function project<T extends tf.Tensor>(parameters: Parameters, config: VisionConfig, x: T): T {
  const normed = norm(parameters, 'vision_model.post_layernorm', x, config.layerNormEps);
  return linear(parameters, 'visual_projection', normed);
}

function blockName(index: number): string {
  return `vision_model.encoder.layers.${index}`;
}
