import * as tf from '@tensorflow/tfjs-core';
import { convolution, depthwiseConvolution } from '../nn/convolution.js';
import { linear, type Parameters, parameter } from '../nn/transformer.js';
import type { CropsConfig } from './config.js';
import { type CropBlock, cropBlocks } from './cropArchitecture.js';

/** What is known of crops. */
export interface CropAnswers {
  /** [crops, 1280] */
  features: tf.Tensor2D;
  /** [crops, classes + added classes]; each row sums to one. */
  probabilities: tf.Tensor2D;
}

/**
 * EfficientNet-Lite2 (tensorflow/tpu, `efficientnet/lite`), batch norms folded into its convolutions.
 * @param pixels [crops, 3, side, side], normalised
 */
export function cropAnswers(
  parameters: Parameters,
  config: CropsConfig,
  pixels: tf.Tensor4D,
): CropAnswers {
  const picture = tf.transpose<tf.Tensor4D>(pixels, [0, 2, 3, 1]);
  const padding = 'same';
  let x = tf.relu6(convolution(parameters, 'crops.stem', picture, { stride: 2, padding }));
  for (const [index, block] of cropBlocks.entries()) {
    x = residual(parameters, `crops.blocks.${index}`, block, x);
  }
  const features = tf.mean<tf.Tensor2D>(tf.relu6(convolution(parameters, 'crops.head', x)), [1, 2]);
  return { features, probabilities: tf.softmax(logits(parameters, config, features)) };
}

function residual(
  parameters: Parameters,
  name: string,
  { inner, expanded, outer, stride }: CropBlock,
  x: tf.Tensor4D,
): tf.Tensor4D {
  return tf.tidy(() => {
    const wide = expanded === inner ? x : tf.relu6(convolution(parameters, `${name}.expand`, x));
    const options = { stride, padding: 'same' } as const;
    const mixed = tf.relu6(depthwiseConvolution(parameters, `${name}.depthwise`, wide, options));
    const y = convolution(parameters, `${name}.project`, mixed);
    return stride === 1 && inner === outer ? tf.add(x, y) : y;
  });
}

/** Added to the deviations of features before division. */
const leastDeviation = 0.1;

/** The network's own classes, then those that were added, which see features standardised. */
function logits(
  parameters: Parameters,
  { extraClasses }: CropsConfig,
  features: tf.Tensor2D,
): tf.Tensor2D {
  const own = linear(parameters, 'crops.classifier', features);
  if (extraClasses === 0) return own;
  return tf.concat([own, linear(parameters, 'names', standardised(parameters, features))], 1);
}

/**
 * Features as added classes see them, by `names.mean` and `names.std`.
 * @param features [crops, 1280]
 */
export function standardised(parameters: Parameters, features: tf.Tensor2D): tf.Tensor2D {
  const deviation = tf.add(parameter(parameters, 'names.std'), leastDeviation);
  const centred = tf.sub(features, parameter(parameters, 'names.mean'));
  return tf.div(centred, deviation);
}
