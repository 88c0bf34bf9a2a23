import * as tf from '@tensorflow/tfjs-core';
import { attention } from '../jit/fused.js';
import {
  linear,
  mlp,
  norm,
  type Parameters,
  parameter,
  type Visibility,
} from '../nn/transformer.js';
import type { VisionConfig } from './config.js';

/** Which of some tokens ask, and which are looked at. */
interface Roles {
  queries?(tokens: tf.Tensor3D): tf.Tensor3D;
  keys?(tokens: tf.Tensor3D): tf.Tensor3D;
}

/**
 * Attention and a residual perceptron: a + mlp(norm(a)). What went in is not added.
 * @param tokens [images, tokens, width]
 * @param roles default: every token asks all of them.
 * @returns [images, queries, width]
 */
export function attentionHead(
  parameters: Parameters,
  name: string,
  config: VisionConfig & Visibility,
  tokens: tf.Tensor3D,
  { queries = (all) => all, keys = (all) => all }: Roles = {},
): tf.Tensor3D {
  return tf.tidy(() => {
    const attended = `${name}.attention`;
    const [images, count, width] = tokens.shape;
    // The rows for queries, keys and values lie in one matrix.
    const projected = tf.fused.matMul({
      a: tf.reshape(tokens, [images * count, width]),
      b: parameter<tf.Tensor2D>(parameters, `${attended}.in_proj_weight`),
      transposeB: true,
      bias: parameter<tf.Tensor1D>(parameters, `${attended}.in_proj_bias`),
    });
    const part = (index: number): tf.Tensor3D =>
      tf.reshape(tf.slice(projected, [0, index * width], [-1, width]), [images, count, width]);
    const mixed = attention(queries(part(0)), keys(part(1)), keys(part(2)), config);
    const result = linear(parameters, `${attended}.out_proj`, mixed);
    const normed = norm(parameters, `${name}.layernorm`, result, config.layerNormEps);
    return tf.add<tf.Tensor3D>(result, mlp(parameters, `${name}.mlp`, normed, config));
  });
}
