import * as tf from '@tensorflow/tfjs-core';
import { hardNegativeLoss, infoNce, infoNceShare } from '../nn/contrastiveLosses.js';
import { lookUpTokens } from '../nn/lookUpTokens.js';
import {
  type ComparedBatch,
  describedRegions,
  type LossWeights,
  type Objective,
  type ObjectiveFeatures,
  weightedLoss,
} from '../nn/objective.js';
import { type Parameters, parameter } from '../nn/transformer.js';
import type { FgClipConfig } from './config.js';
import { patchGrid } from './patchGrid.js';
import { type Packing, textFeatures } from './text.js';
import { denseFeatures, encodePixels, globalFeatures } from './vision.js';

/** What both training stages learn from. Short texts lie in one table, each distinct text once. */
export interface FgClipBatch extends ComparedBatch {
  /** Normalised, [images, 3, height, width]. */
  pixels: tf.Tensor4D;
  // Long captions lie one in each row or, with `longPacking`, several, and short texts likewise.
  /** int32 [images]: the place of each one's first end, through all rows if they are packed. */
  longEnd: tf.Tensor1D;
  longPacking?: Packing;
  /** int32 [texts] */
  shortEnd: tf.Tensor1D;
  shortPacking?: Packing;
}

/** The logit scale of each part of the loss. */
const logitScales = {
  imageTextLong: 'logit_scale',
  imageTextShort: 'logit_scale',
  regional: 'logit_scale_finegraind',
  hardNegative: 'logit_scale_hardneg',
} as const;

/** The features of a batch. One encoding of the images and one of the distinct texts serve all parts. */
function objectiveFeatures(
  parameters: Parameters,
  config: FgClipConfig,
  batch: FgClipBatch,
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
  const features = { images, long, short: textsAt(batch.captionText) };
  if (!batch.regions && !batch.hard) return features;

  const { rows, columns } = patchGrid(batch.pixels.shape, vision);
  const dense = denseFeatures(parameters, vision, tokens);
  const maps: tf.Tensor4D = tf.reshape(dense, [dense.shape[0], rows, columns, dense.shape[2]]);
  return { ...features, ...describedRegions(maps, batch, textsAt) };
}

/**
 * FG-CLIP's training objective: image–text InfoNCE with long and with short captions, plus, where a batch has
 * regions, the regional and hard-negative losses (FG-CLIP, sections 3.1–3.3).
 */
export function fgclipObjective(
  config: FgClipConfig,
  { longWeight, shortWeight, regionalWeight, hardWeight }: LossWeights,
): Objective<FgClipBatch> {
  const captions = {
    long: ['imageTextLong', longWeight],
    short: ['imageTextShort', shortWeight],
  } as const;
  const scale = (scalars: Parameters, part: keyof typeof logitScales) =>
    parameter<tf.Scalar>(scalars, logitScales[part]);
  return {
    scalars: [...new Set(Object.values(logitScales))],
    features: (parameters, batch) => objectiveFeatures(parameters, config, batch),
    captions(kind, { images, texts, places, same }, scalars) {
      const [name, weight] = captions[kind];
      return weightedLoss(
        name,
        infoNceShare(images, texts, scale(scalars, name), places, same),
        weight,
      );
    },
    regions: ({ boxes, texts }, scalars, known) =>
      weightedLoss(
        'regional',
        infoNce(boxes, texts, scale(scalars, 'regional'), known),
        regionalWeight,
      ),
    hard: ({ boxes, texts }, scalars, { valid }) =>
      weightedLoss(
        'hardNegative',
        hardNegativeLoss(boxes, texts, scale(scalars, 'hardNegative'), valid),
        hardWeight,
      ),
  };
}
