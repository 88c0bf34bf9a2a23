import * as tf from '@tensorflow/tfjs-core';
import type { Share } from './contrastiveLosses.js';
import { roiAlign } from './roiAlign.js';
import { type Parameters, parameter } from './transformer.js';

/** The parts of a loss while they are computed: each before its weight; `total` is their weighted sum. */
export type LossTensors = { total: tf.Scalar } & Partial<Record<string, tf.Scalar>>;

/** How much the parts of the loss weigh; default 1, but for `textContrastWeight`, whose default is 0.1. */
export interface LossWeights {
  longWeight?: number;
  shortWeight?: number;
  regionalWeight: number;
  /** Only FG-CLIP 2 has this part. */
  textContrastWeight?: number;
  hardWeight: number;
}

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

/** Numbers that are equal for equal texts, and else as good as never; int32. */
export interface TextIdentity {
  /** [images] */
  long: tf.Tensor1D;
  /** [images] */
  short: tf.Tensor1D;
  /** [slots] */
  regions?: tf.Tensor1D;
}

/** What a batch of any family has: its texts, and which of them belong to what. */
export interface ComparedBatch {
  /** int32 [rows, tokens]: the long captions. */
  longIds: tf.Tensor2D;
  /** int32 [rows, tokens]: the table of short texts. */
  shortIds: tf.Tensor2D;
  /** int32 [images]: which text of the table is each image's short caption. */
  captionText: tf.Tensor1D;
  /** With the text of the table that describes each region. Absent: no regional loss. */
  regions?: RegionTensors & { text: tf.Tensor1D };
  /** With the table's true description and the wrong ones, [slots, choices]. Absent: no hard negatives. */
  hard?: RegionTensors & {
    texts: tf.Tensor2D;
    /** What a wrong text's logit should stay below a true one's, where the family has such a loss. */
    margin?: tf.Scalar;
  };
  /** Present: texts that are the same are not each other's negatives. */
  identity?: TextIdentity;
}

/** Regions and their descriptions. */
export interface DescribedRegions<Texts extends tf.Tensor> {
  /** [slots, width] */
  boxes: tf.Tensor2D;
  texts: Texts;
}

/** All that the losses compare, not normalised. */
export interface ObjectiveFeatures {
  /** Each [images, width]. */
  images: tf.Tensor2D;
  long: tf.Tensor2D;
  short: tf.Tensor2D;
  regions?: DescribedRegions<tf.Tensor2D>;
  /** Texts are [slots, choices, width], the true one first. */
  hard?: DescribedRegions<tf.Tensor3D>;
}

/** Pictures and texts of which some rows' share of a loss is asked for. */
export interface CaptionShare {
  images: Share;
  texts: Share;
  /** int32 [rows]: which of all each row is. */
  places: tf.Tensor1D;
  /** int32 [rows] and [all], equal for equal texts, which are then not each other's negatives. */
  same?: { rows: tf.Tensor1D; all: tf.Tensor1D };
}

export type CaptionKind = 'long' | 'short';

/** What a family of models learns: the features of a batch, and losses of them. */
export interface Objective<Batch extends ComparedBatch = ComparedBatch> {
  /** The parameters, scalars, that losses take besides features. */
  readonly scalars: readonly string[];
  /** The features of a batch. One encoding of the images and one of the distinct texts serve all losses. */
  features(parameters: Parameters, batch: Batch): ObjectiveFeatures;
  /** What some pictures contribute: the contributions of shares that together are all pictures add up. */
  captions(kind: CaptionKind, share: CaptionShare, scalars: Parameters): LossTensors;
  /** Of regions that are compared with each other. None gives zero. */
  regions(
    features: DescribedRegions<tf.Tensor2D>,
    scalars: Parameters,
    known: { valid: tf.Tensor1D; identity?: tf.Tensor1D },
  ): LossTensors;
  /** Of regions with wrong descriptions. None gives zero. */
  hard(
    features: DescribedRegions<tf.Tensor3D>,
    scalars: Parameters,
    known: { valid: tf.Tensor1D; margin?: tf.Scalar },
  ): LossTensors;
  /**
   * The margin of the step after one with these losses, for a family that has one: 0 in the first step.
   * @param losses by name, each before its weight
   */
  nextMargin?(losses: Readonly<Record<string, number>>): number;
}

/** All losses of one batch, its images compared with each other, and so its regions. */
export function objectiveLosses<Batch extends ComparedBatch>(
  objective: Objective<Batch>,
  parameters: Parameters,
  batch: Batch,
): LossTensors {
  const { images, regions, hard, ...texts } = objective.features(parameters, batch);
  const scalars = Object.fromEntries(
    objective.scalars.map((name) => [name, parameter(parameters, name)]),
  );
  const places = tf.range(0, images.shape[0], 1, 'int32') as tf.Tensor1D;
  const parts = (['long', 'short'] as const).map((kind) => {
    const identity = batch.identity?.[kind];
    const share: CaptionShare = {
      images: [images, images],
      texts: [texts[kind], texts[kind]],
      places,
      same: identity && { rows: identity, all: identity },
    };
    return objective.captions(kind, share, scalars);
  });
  if (regions) {
    const known = { valid: batch.regions!.valid, identity: batch.identity?.regions };
    parts.push(objective.regions(regions, scalars, known));
  }
  if (hard) parts.push(objective.hard(hard, scalars, batch.hard!));
  return {
    ...Object.assign({}, ...parts),
    total: parts.map(({ total }) => total).reduce((sum, part) => tf.add(sum, part)),
  };
}

/** A loss of one part, which has a name and a weight. */
export function weightedLoss(name: string, loss: tf.Scalar, weight = 1): LossTensors {
  return { [name]: loss, total: tf.mul(loss, weight) };
}

/**
 * The features of a batch's regions, and of the texts that describe them.
 * @param maps dense features, [images, rows, columns, width]
 * @param textsAt the features of some rows of the table of texts
 */
export function describedRegions(
  maps: tf.Tensor4D,
  { regions, hard }: ComparedBatch,
  textsAt: (rows: tf.Tensor1D) => tf.Tensor2D,
): Pick<ObjectiveFeatures, 'regions' | 'hard'> {
  const pool = ({ image, rowWeights, columnWeights }: RegionTensors): tf.Tensor2D =>
    tf.reshape(roiAlign(maps, image, rowWeights, columnWeights), [image.shape[0], -1]);
  const features: Pick<ObjectiveFeatures, 'regions' | 'hard'> = {};
  if (regions) features.regions = { boxes: pool(regions), texts: textsAt(regions.text) };
  if (hard) {
    const [slots, choices] = hard.texts.shape;
    const texts = textsAt(tf.reshape(hard.texts, [slots * choices]));
    features.hard = { boxes: pool(hard), texts: tf.reshape(texts, [slots, choices, -1]) };
  }
  return features;
}
