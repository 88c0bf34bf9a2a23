import * as tf from '@tensorflow/tfjs-core';
import { roiAlign } from '../nn/roiAlign.js';
import { type Parameters, parameter } from '../nn/transformer.js';
import type { FgClipConfig } from './config.js';
import { hardNegativeLoss, infoNce } from './losses.js';
import { patchGrid } from './patchGrid.js';
import { lookUpTokens, type Packing, textFeatures } from './text.js';
import { denseFeatures, encodePixels, globalFeatures } from './vision.js';

/** Regions of a batch, as slots; slots without a region have `valid` 0. */
export interface RegionTensors {
  /** int32 [slots]: the image each region lies in. */
  image: tf.Tensor1D;
  /** [slots, rows] and [slots, columns]: RoIAlign's weights, from `roiWeights`. */
  rowWeights: tf.Tensor2D;
  columnWeights: tf.Tensor2D;
  /** float32 [slots] */
  valid: tf.Tensor1D;
}

/** What both training stages learn from. Short texts lie in one table, each distinct text once. */
export interface ObjectiveBatch {
  /** Normalised, [images, 3, height, width]. */
  pixels: tf.Tensor4D;
  /** int32 [rows, tokens]: the images' long captions, one in each row or, with `longPacking`, several. */
  longIds: tf.Tensor2D;
  /** int32 [images]: the place of each one's first end, through all rows if they are packed. */
  longEnd: tf.Tensor1D;
  longPacking?: Packing;
  /** int32 [rows, tokens]: the table of short texts, likewise. */
  shortIds: tf.Tensor2D;
  /** int32 [texts] */
  shortEnd: tf.Tensor1D;
  shortPacking?: Packing;
  /** int32 [images]: which text of the table is each image's short caption. */
  captionText: tf.Tensor1D;
  /** With the text of the table that describes each region. Absent: no regional loss. */
  regions?: RegionTensors & { text: tf.Tensor1D };
  /** With the table's true description and the wrong ones, [slots, choices]. Absent: no hard negatives. */
  hard?: RegionTensors & { texts: tf.Tensor2D };
  /** Present: texts that are the same are not each other's negatives. */
  identity?: TextIdentity;
}

/** Numbers that are equal for equal texts, and else as good as never; int32. */
export interface TextIdentity {
  /** [images] */
  long: tf.Tensor1D;
  /** [images] */
  short: tf.Tensor1D;
  /** [slots] */
  regions?: tf.Tensor1D;
}

/** How much the parts of the loss weigh. */
export interface LossWeights {
  regionalWeight: number;
  hardWeight: number;
}

export interface Losses {
  total: tf.Scalar;
  imageTextLong: tf.Scalar;
  imageTextShort: tf.Scalar;
  regional?: tf.Scalar;
  hardNegative?: tf.Scalar;
}

/** The logit scale of each part of the loss. */
export const logitScales = {
  imageTextLong: 'logit_scale',
  imageTextShort: 'logit_scale',
  regional: 'logit_scale_finegraind',
  hardNegative: 'logit_scale_hardneg',
} as const;

/** All that the losses compare, not normalised. */
export interface ObjectiveFeatures {
  /** Each [images, width]. */
  images: tf.Tensor2D;
  long: tf.Tensor2D;
  short: tf.Tensor2D;
  /** Each [slots, width]: regions and their descriptions. */
  regions?: { boxes: tf.Tensor2D; texts: tf.Tensor2D };
  /** [slots, width] and [slots, choices, width]. */
  hard?: { boxes: tf.Tensor2D; texts: tf.Tensor3D };
}

/** The features of a batch. One encoding of the images and one of the distinct texts serve all parts. */
export function objectiveFeatures(
  parameters: Parameters,
  config: FgClipConfig,
  batch: ObjectiveBatch,
): ObjectiveFeatures {
  const { vision, text } = config;
  const tokens = encodePixels(parameters, vision, batch.pixels);
  const images = globalFeatures(parameters, vision, tokens);
  const { longIds, longEnd, longPacking, shortIds, shortEnd, shortPacking } = batch;
  const [longTokens, shortTokens] = lookUpTokens(parameters, text, [longIds, shortIds]);
  const longTexts = { ids: longIds, embedded: longTokens, ends: longEnd, packing: longPacking };
  const shortTexts = {
    ids: shortIds,
    embedded: shortTokens,
    ends: shortEnd,
    packing: shortPacking,
  };
  const long = textFeatures(parameters, text, longTexts, 'long');
  const table = textFeatures(parameters, text, shortTexts, 'short');
  const textsAt = (rows: tf.Tensor1D): tf.Tensor2D => tf.gather(table, rows);
  const features: ObjectiveFeatures = { images, long, short: textsAt(batch.captionText) };
  if (!batch.regions && !batch.hard) return features;

  const { rows, columns } = patchGrid(batch.pixels.shape, vision);
  const dense = denseFeatures(parameters, vision, tokens);
  const maps: tf.Tensor4D = tf.reshape(dense, [dense.shape[0], rows, columns, dense.shape[2]]);
  const pool = ({ image, rowWeights, columnWeights }: RegionTensors): tf.Tensor2D =>
    tf.reshape(roiAlign(maps, image, rowWeights, columnWeights), [image.shape[0], -1]);
  if (batch.regions) {
    features.regions = { boxes: pool(batch.regions), texts: textsAt(batch.regions.text) };
  }
  if (batch.hard) {
    const [slots, choices] = batch.hard.texts.shape;
    const texts = textsAt(tf.reshape(batch.hard.texts, [slots * choices]));
    features.hard = {
      boxes: pool(batch.hard),
      texts: tf.reshape(texts, [slots, choices, -1]) as tf.Tensor3D,
    };
  }
  return features;
}

/**
 * FG-CLIP's training objective on one batch: image–text InfoNCE with long and with short captions, plus,
 * where the batch has regions, the regional and hard-negative losses (FG-CLIP, sections 3.1–3.3).
 */
export function objective(
  parameters: Parameters,
  config: FgClipConfig,
  batch: ObjectiveBatch,
  { regionalWeight, hardWeight }: LossWeights,
): Losses {
  const { images, long, short, regions, hard } = objectiveFeatures(parameters, config, batch);
  const scale = (part: keyof typeof logitScales) =>
    parameter<tf.Scalar>(parameters, logitScales[part]);
  const { identity } = batch;
  const captions = (kind: 'long' | 'short') => identity && { identity: identity[kind] };
  const imageTextLong = infoNce(images, long, scale('imageTextLong'), captions('long'));
  const imageTextShort = infoNce(images, short, scale('imageTextShort'), captions('short'));
  const losses: Losses = {
    total: tf.add(imageTextLong, imageTextShort),
    imageTextLong,
    imageTextShort,
  };
  if (regions) {
    losses.regional = infoNce(regions.boxes, regions.texts, scale('regional'), {
      valid: batch.regions!.valid,
      identity: identity?.regions,
    });
    losses.total = tf.add(losses.total, tf.mul(losses.regional, regionalWeight));
  }
  if (hard) {
    const { valid } = batch.hard!;
    losses.hardNegative = hardNegativeLoss(hard.boxes, hard.texts, scale('hardNegative'), valid);
    losses.total = tf.add(losses.total, tf.mul(losses.hardNegative, hardWeight));
  }
  return losses;
}
