import * as tf from '@tensorflow/tfjs-core';
import { infoNce } from '../nn/contrastiveLosses.js';
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
import type { FgClip2Config } from './config.js';
import { hardLosses, sigmoidShare, textContrast } from './losses.js';
import { encodeTexts, textFeatures, textPositions } from './text.js';
import { denseFeatures, encodePatches, pooledFeatures, positionsOfPatches } from './vision.js';

/**
 * Pictures of any aspect ratio, each as a row of as many patches as the largest may have: those that a picture lacks are
 * zeros, which no other patch looks at. Texts have every token their kind has. Short ones and those of regions lie in one
 * table, each distinct text once.
 */
export interface FgClip2Batch extends ComparedBatch {
  /** [images, patches, patch values] */
  patches: tf.Tensor3D;
  /** float32 [images, patches], 1 where a picture has no patch. */
  missing: tf.Tensor2D;
  /** Each patch's rows of `bilinearMatrix`, [images, patches, stored rows] and [images, patches, stored columns]. */
  down: tf.Tensor3D;
  across: tf.Tensor3D;
}

/** The largest margin of wrong descriptions. */
const mostMargin = 10;

/** What the parts of the loss of wrong descriptions weigh among each other. */
const hardShares = { contrastive: 0.6, pair: 3, margin: 0.4 };

/** FG-CLIP 2's training objective. The regions' weights are RoIAlign's over a picture's patches in one row. */
export function fgclip2Objective(
  config: FgClip2Config,
  { longWeight, shortWeight, regionalWeight, textContrastWeight = 0.1, hardWeight }: LossWeights,
): Objective<FgClip2Batch> {
  const captions = {
    long: ['imageTextLong', longWeight],
    short: ['imageTextShort', shortWeight],
  } as const;
  const scalar = (scalars: Parameters, name: string) => parameter<tf.Scalar>(scalars, name);
  return {
    scalars: ['logit_scale', 'logit_bias', 'logit_scale_finegraind', 'logit_scale_hardneg'],
    features: (parameters, batch) => objectiveFeatures(parameters, config, batch),
    captions(kind, { images, texts, places, same }, scalars) {
      const [scale, bias] = [scalar(scalars, 'logit_scale'), scalar(scalars, 'logit_bias')];
      const [name, weight] = captions[kind];
      return weightedLoss(name, sigmoidShare(images, texts, scale, bias, places, same), weight);
    },
    regions({ boxes, texts }, scalars, known) {
      const regional = infoNce(boxes, texts, scalar(scalars, 'logit_scale_finegraind'), known);
      const contrast = textContrast(texts, known.valid);
      const total = tf.add(
        tf.mul(regional, regionalWeight),
        tf.mul(contrast, textContrastWeight),
      ) as tf.Scalar;
      return { regional, textContrast: contrast, total };
    },
    hard({ boxes, texts }, scalars, { valid, margin = tf.scalar(0) }) {
      const scale = scalar(scalars, 'logit_scale_hardneg');
      const found = hardLosses(boxes, texts, scale, valid, margin);
      const parts = Object.entries(hardShares).map(([name, share]) =>
        tf.mul(found[name as keyof typeof hardShares], share),
      );
      return {
        ...weightedLoss('hardNegative', tf.addN(parts) as tf.Scalar, hardWeight),
        hardContrastive: found.contrastive,
        hardPair: found.pair,
        hardMargin: found.margin,
        hardGap: found.gap,
      };
    },
    nextMargin: ({ hardGap = 0 }) => Math.min(mostMargin, Math.max(0, hardGap)),
  };
}

function objectiveFeatures(
  parameters: Parameters,
  { vision, text }: FgClip2Config,
  batch: FgClip2Batch,
): ObjectiveFeatures {
  const { patches, missing, longIds, shortIds } = batch;
  const [images, count] = patches.shape;
  const positions = positionsOfPatches(parameters, vision, batch.down, batch.across);
  const mask = tf.reshape(tf.mul(missing, -1e9), [images, 1, 1, count]);
  const tokens = encodePatches(parameters, { ...vision, mask }, patches, positions);
  const encode = (kind: 'short' | 'long', embedded: tf.Tensor3D) =>
    encodeTexts(parameters, text, tf.add(embedded, textPositions(parameters, text, kind)));
  const [longTokens, shortTokens] = lookUpTokens(parameters, text, [longIds, shortIds]);
  const table = encode('short', shortTokens);
  const pooledAt = (rows: tf.Tensor1D): tf.Tensor2D => tf.gather(table, rows);
  const features = {
    images: pooledFeatures(parameters, { ...vision, mask }, tokens),
    long: textFeatures(parameters, encode('long', longTokens), 'long'),
    short: textFeatures(parameters, pooledAt(batch.captionText), 'short'),
  };
  if (!batch.regions && !batch.hard) return features;
  const dense = denseFeatures(parameters, { ...vision, mask }, tokens);
  const maps: tf.Tensor4D = tf.reshape(dense, [images, count, 1, vision.hiddenSize]);
  const boxTexts = textFeatures(parameters, table, 'box');
  return {
    ...features,
    ...describedRegions(maps, batch, (rows) => tf.gather(boxTexts, rows)),
  };
}
