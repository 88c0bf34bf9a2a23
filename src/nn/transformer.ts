import * as tf from '@tensorflow/tfjs-core';
import { attention, gelu, geluTanh, layerNorm, quickGelu } from '../jit/fused.js';
import type { Activation } from './towerConfig.js';

const activationFunctions = { quick_gelu: quickGelu, gelu, gelu_pytorch_tanh: geluTanh };

/** A model's weights as tensors, by their names in the state dict. */
export type Parameters = Readonly<Record<string, tf.Tensor>>;

/** What the blocks of one transformer share. */
export interface BlockConfig {
  heads: number;
  layerNormEps: number;
  activation: Activation;
}

/**
 * The parameter called `name`.
 * @throws when the model has none.
 */
export function parameter<T extends tf.Tensor = tf.Tensor>(
  parameters: Parameters,
  name: string,
): T {
  const tensor = parameters[name];
  if (!tensor) throw new Error(`the model has no parameter "${name}".`);
  return tensor as T;
}

/** x·weightᵀ + bias with `<name>.weight` [out, in] and, where the model has it, `<name>.bias`. x: [..., in]. */
export function linear<T extends tf.Tensor>(parameters: Parameters, name: string, x: T): T {
  const weight = parameter<tf.Tensor2D>(parameters, `${name}.weight`);
  const bias = parameters[`${name}.bias`];
  const inner = x.shape[x.rank - 1]!;
  const rows = tf.reshape(x, [-1, inner]) as tf.Tensor2D;
  const product = tf.fused.matMul({ a: rows, b: weight, transposeB: true, bias });
  return tf.reshape(product, [...x.shape.slice(0, -1), weight.shape[0]]) as T;
}

/** Layer norm over the last axis with `<name>.weight` and `<name>.bias`. */
export function norm<T extends tf.Tensor>(
  parameters: Parameters,
  name: string,
  x: T,
  epsilon: number,
): T {
  return layerNorm(
    x,
    parameter<tf.Tensor1D>(parameters, `${name}.weight`),
    parameter<tf.Tensor1D>(parameters, `${name}.bias`),
    epsilon,
  );
}

// Where functions run as they are, `tidy` frees what a part of a network needs for itself only: a ViT-B takes a ninth.

/** The two-layer perceptron of a block. */
export function mlp<T extends tf.Tensor>(
  parameters: Parameters,
  name: string,
  x: T,
  { activation }: BlockConfig,
): T {
  return tf.tidy(() => {
    const hidden = linear(parameters, `${name}.fc1`, x);
    return linear(parameters, `${name}.fc2`, activationFunctions[activation](hidden));
  });
}

/** What tokens may look at. */
export interface Visibility {
  /** A token sees itself and those before it. */
  causal?: boolean;
  /** Added to the logits; broadcasts to [batch, heads, queries, keys]. */
  mask?: tf.Tensor;
}

/**
 * A pre-norm transformer block: x + attention(norm(x)), then x + mlp(norm(x)).
 * @param x [batch, tokens, width]
 * @param pick takes from [batch, tokens, width] the tokens whose result is asked for; the others are
 *   attended to, but not computed further. Default: all.
 */
export function block(
  parameters: Parameters,
  name: string,
  x: tf.Tensor3D,
  config: BlockConfig & Visibility,
  pick: (x: tf.Tensor3D) => tf.Tensor3D = (all) => all,
): tf.Tensor3D {
  return tf.tidy(() => {
    const normed = norm(parameters, `${name}.layer_norm1`, x, config.layerNormEps);
    const self = `${name}.self_attn`;
    const mixed = attention(
      linear(parameters, `${self}.q_proj`, config.causal || config.mask ? normed : pick(normed)),
      linear(parameters, `${self}.k_proj`, normed),
      linear(parameters, `${self}.v_proj`, normed),
      config,
    );
    // With causal attention the place of a query matters, so the picking happens behind it.
    const picked = config.causal || config.mask ? pick(mixed) : mixed;
    const attended = tf.add(pick(x), linear(parameters, `${self}.out_proj`, picked));
    return addMlp(parameters, name, attended as tf.Tensor3D, config);
  });
}

/**
 * A block in which no token looks at another: attention is replaced by the value projection alone.
 * FG-CLIP's dense features come from its last block run this way.
 */
export function blockWithoutMixing(
  parameters: Parameters,
  name: string,
  x: tf.Tensor3D,
  config: BlockConfig,
): tf.Tensor3D {
  return tf.tidy(() => {
    const normed = norm(parameters, `${name}.layer_norm1`, x, config.layerNormEps);
    const value = linear(parameters, `${name}.self_attn.v_proj`, normed);
    const own = linear(parameters, `${name}.self_attn.out_proj`, value);
    return addMlp(parameters, name, tf.add(x, own) as tf.Tensor3D, config);
  });
}

function addMlp(
  parameters: Parameters,
  name: string,
  x: tf.Tensor3D,
  config: BlockConfig,
): tf.Tensor3D {
  return tf.tidy(() => {
    const normed = norm(parameters, `${name}.layer_norm2`, x, config.layerNormEps);
    return tf.add(x, mlp(parameters, `${name}.mlp`, normed, config));
  });
}
