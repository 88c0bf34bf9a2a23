import * as tf from '@tensorflow/tfjs-core';
import { roiAlign } from '../nn/roiAlign.js';
import { type Parameters, parameter } from '../nn/transformer.js';
import type { FgClipConfig } from './config.js';
import { hardNegativeLoss, infoNce } from './losses.js';
import { lookUpTokens, type Packing, textFeatures } from './text.js';
import { denseFeatures, encodePixels, globalFeatures, patchGrid } from './vision.js';

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
  /** int32 [images]: images with equal captions have equal numbers, for `maskDuplicates`. */
  longIdentity?: tf.Tensor1D;
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
}

export interface ObjectiveOptions {
  regionalWeight: number;
  hardWeight: number;
  /** Identical texts in a batch are not each other's negatives. */
  maskDuplicates: boolean;
}

export interface Losses {
  total: tf.Scalar;
  imageTextLong: tf.Scalar;
  imageTextShort: tf.Scalar;
  regional?: tf.Scalar;
  hardNegative?: tf.Scalar;
}

/**
 * FG-CLIP's training objective on one process: image–text InfoNCE with long and with short captions,
 * plus, where the batch has regions, the regional and hard-negative losses (FG-CLIP, sections 3.1–3.3).
 * One encoding of the images and one of the distinct texts serve all parts.
 */
export function objective(
  parameters: Parameters,
  config: FgClipConfig,
  batch: ObjectiveBatch,
  options: ObjectiveOptions,
): Losses {
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
  const short = textFeatures(parameters, text, shortTexts, 'short');
  const rowsOf = (rows: tf.Tensor1D) => tf.gather(short, rows);
  const scale = (name: string) => parameter<tf.Scalar>(parameters, name);
  const pairing = (rows: tf.Tensor1D) => (options.maskDuplicates ? { identity: rows } : {});
  const longPairing = batch.longIdentity && pairing(batch.longIdentity);

  const losses: Losses = {
    total: tf.scalar(0),
    imageTextLong: infoNce(images, long, scale('logit_scale'), longPairing),
    imageTextShort: infoNce(
      images,
      rowsOf(batch.captionText),
      scale('logit_scale'),
      pairing(batch.captionText),
    ),
  };
  losses.total = tf.add(losses.imageTextLong, losses.imageTextShort);
  if (!batch.regions && !batch.hard) return losses;

  const { rows, columns } = patchGrid(batch.pixels.shape, vision);
  const dense = denseFeatures(parameters, vision, tokens);
  const maps: tf.Tensor4D = tf.reshape(dense, [dense.shape[0], rows, columns, dense.shape[2]]);
  const pool = ({ image, rowWeights, columnWeights }: RegionTensors): tf.Tensor2D =>
    tf.reshape(roiAlign(maps, image, rowWeights, columnWeights), [image.shape[0], -1]);
  if (batch.regions) {
    const { text: rows, valid } = batch.regions;
    losses.regional = infoNce(pool(batch.regions), rowsOf(rows), scale('logit_scale_finegraind'), {
      valid,
      ...pairing(rows),
    });
    losses.total = tf.add(losses.total, tf.mul(losses.regional, options.regionalWeight));
  }
  if (batch.hard) {
    const { texts, valid } = batch.hard;
    const [slots, choices] = texts.shape;
    const described = tf.reshape(rowsOf(tf.reshape(texts, [slots * choices])), [
      slots,
      choices,
      -1,
    ]);
    losses.hardNegative = hardNegativeLoss(
      pool(batch.hard),
      described as tf.Tensor3D,
      scale('logit_scale_hardneg'),
      valid,
    );
    losses.total = tf.add(losses.total, tf.mul(losses.hardNegative, options.hardWeight));
  }
  return losses;
}
