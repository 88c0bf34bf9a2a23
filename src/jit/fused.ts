import * as tf from '@tensorflow/tfjs-core';
import { unbroadcast } from './gradients/define.js';
import { causalMask } from './kernels/attention.js';
import { activeTrace } from './tracer.js';

type GradSaver = (tensors: tf.Tensor[]) => void;

/**
 * Operators that a compiled function runs as one node. Each has its gradient; run eagerly, they are
 * composed of tfjs operators and give the same values.
 */

/** (x − mean) / √(variance + epsilon) · scale + bias, over the last axis. scale and bias: [width]. */
export function layerNorm<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor1D,
  bias: tf.Tensor1D,
  epsilon: number,
): T {
  if (!activeTrace()) {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(
      tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), scale),
      bias,
    );
  }
  const fused = tf.customGrad((...args) => {
    const [input, gain, shift, save] = args as unknown as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      GradSaver,
    ];
    const [value, mean, inverseDeviation] = tf
      .engine()
      .runKernel('LayerNorm', { x: input, scale: gain, bias: shift }, { epsilon }) as tf.Tensor[];
    save([input, gain, mean, inverseDeviation]);
    return {
      value,
      gradFunc: (dy, saved) => layerNormGradient(dy as tf.Tensor, saved as tf.Tensor[]),
    };
  });
  return fused(x, scale, bias) as T;
}

function layerNormGradient(dy: tf.Tensor, [x, scale, mean, inverse]: tf.Tensor[]): tf.Tensor[] {
  const width = x.shape[x.rank - 1]!;
  const normalised = tf.mul(tf.sub(x, mean), inverse);
  const weighted = tf.mul(dy, scale);
  const along = tf.mean(tf.mul(weighted, normalised), -1, true);
  const centred = tf.sub(weighted, tf.mean(weighted, -1, true));
  const dx = tf.mul(tf.sub(centred, tf.mul(normalised, along)), inverse);
  const rows = (t: tf.Tensor) => tf.reshape(t, [-1, width]);
  return [dx, tf.sum(rows(tf.mul(dy, normalised)), 0), tf.sum(rows(dy), 0)];
}

/** x · σ(1.702 x), the activation of OpenAI's CLIP. */
export function quickGelu<T extends tf.Tensor>(x: T): T {
  if (!activeTrace()) return tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)));
  return unaryWithGradient('QuickGelu', x, (input) => {
    const gate = tf.sigmoid(tf.mul(input, 1.702));
    // d/dx xσ(ax) = σ(ax) · (1 + a·x·(1 − σ(ax)))
    return tf.mul(gate, tf.add(tf.mul(tf.mul(input, 1.702), tf.sub(1, gate)), 1));
  });
}

/** x · Φ(x) with the normal distribution's Φ, computed through erf. */
export function gelu<T extends tf.Tensor>(x: T): T {
  if (!activeTrace()) return tf.mul(x, normalCdf(x));
  return unaryWithGradient('Gelu', x, (input) => {
    const density = tf.mul(tf.exp(tf.mul(tf.square(input), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return tf.add(normalCdf(input), tf.mul(input, density));
  });
}

function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

/** ½x(1 + tanh(√(2/π)(x + 0.044715 x³))), which comes close to `gelu`. */
export function geluTanh<T extends tf.Tensor>(x: T): T {
  if (!activeTrace()) return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(bent(x))));
  return unaryWithGradient('GeluTanh', x, (input) => {
    const slope = tf.tanh(bent(input));
    const within = tf.mul(
      tf.add(tf.mul(tf.square(input), 3 * 0.044715), 1),
      Math.sqrt(2 / Math.PI),
    );
    const outer = tf.mul(tf.mul(input, tf.sub(1, tf.square(slope))), within);
    return tf.mul(tf.add(tf.add(slope, 1), outer), 0.5);
  });
}

function bent(x: tf.Tensor): tf.Tensor {
  const cubic = tf.mul(tf.mul(tf.square(x), x), 0.044715);
  return tf.mul(tf.add(x, cubic), Math.sqrt(2 / Math.PI));
}

function unaryWithGradient<T extends tf.Tensor>(
  kernel: string,
  x: T,
  derivative: (x: tf.Tensor) => tf.Tensor,
): T {
  const fused = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, GradSaver];
    const value = tf.engine().runKernel(kernel, { x: input }) as tf.Tensor;
    save([input]);
    return {
      value,
      gradFunc: (dy, saved) => tf.mul(dy as tf.Tensor, derivative((saved as tf.Tensor[])[0])),
    };
  });
  return fused(x) as T;
}

/**
 * Multi-head attention: softmax(q·kᵀ / √head width)·v, heads side by side in the last axis.
 * @param query [batch, queries, width]
 * @param key [batch, keys, width]
 * @param value [batch, keys, width]
 * @param options.causal a token sees itself and those before it.
 * @param options.mask added to the logits, broadcast to [batch, heads, queries, keys]; with one, the operator is composed.
 * @returns [batch, queries, width]
 */
export function attention(
  query: tf.Tensor3D,
  key: tf.Tensor3D,
  value: tf.Tensor3D,
  options: { heads: number; causal?: boolean; mask?: tf.Tensor },
): tf.Tensor3D {
  const { heads, causal = false, mask } = options;
  const [batch, queries, width] = query.shape;
  if (width % heads !== 0) {
    throw new Error(`a width of ${width} does not split into ${heads} heads.`);
  }
  const scale = 1 / Math.sqrt(width / heads);
  const split = (x: tf.Tensor3D) => splitHeads(x, heads);
  const weigh = (q: tf.Tensor4D, k: tf.Tensor4D, added?: tf.Tensor) => {
    let logits: tf.Tensor = tf.mul(tf.matMul(q, k, false, true), scale);
    if (causal)
      logits = tf.add(
        logits,
        tf.tensor2d(causalMask(queries, key.shape[1]), [queries, key.shape[1]]),
      );
    if (added) logits = tf.add(logits, added);
    return tf.softmax(logits);
  };
  const composed = (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D, added?: tf.Tensor) =>
    joinHeads(tf.matMul(weigh(split(q), split(k), added), split(v)));
  if (!activeTrace()) return composed(query, key, value, mask);

  const fused = tf.customGrad((...args) => {
    const save = args.pop() as unknown as GradSaver;
    const [q, k, v, added] = args as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor?];
    const mixed = added
      ? composed(q, k, v, added)
      : (tf
          .engine()
          .runKernel('Attention', { query: q, key: k, value: v }, { heads, causal }) as tf.Tensor);
    save(args as tf.Tensor[]);
    return {
      value: mixed,
      // The attention weights are computed anew: keeping them would cost tokens² per head and layer.
      gradFunc: (dy, saved) => {
        const [sq, sk, sv] = (saved as tf.Tensor3D[]).slice(0, 3).map(split);
        const dOut = split(dy as tf.Tensor3D);
        const weights = weigh(sq, sk, saved[3]);
        const dWeights = tf.matMul(dOut, sv, false, true);
        const along = tf.sum(tf.mul(dWeights, weights), -1, true);
        const dSums = tf.mul(weights, tf.sub(dWeights, along));
        const dLogits = tf.mul(dSums, scale);
        return [
          joinHeads(tf.matMul(dLogits, sk)),
          joinHeads(tf.matMul(dLogits, sq, true, false)),
          joinHeads(tf.matMul(weights, dOut, true, false)),
          ...(mask ? [unbroadcast(dSums, mask.shape)] : []),
        ];
      },
    };
  });
  const operands = mask ? [query, key, value, mask] : [query, key, value];
  return tf.reshape(fused(...operands) as tf.Tensor3D, [batch, queries, width]);
}

/** [batch, tokens, width] → [batch, heads, tokens, width / heads] */
function splitHeads(x: tf.Tensor3D, heads: number): tf.Tensor4D {
  const [batch, tokens, width] = x.shape;
  return tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

/** The inverse of `splitHeads`. */
function joinHeads(x: tf.Tensor): tf.Tensor3D {
  const [batch, heads, tokens, perHead] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * perHead]);
}
