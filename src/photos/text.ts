import * as tf from '@tensorflow/tfjs-core';
import { attention, gelu } from '../jit/fused.js';
import { dequantised } from '../nn/quantised.js';
import { linear, norm, type Parameters } from '../nn/transformer.js';
import type { TextConfig } from './config.js';

/**
 * Texts side by side through a BERT (Devlin et al. 2018), and the mean of each one's tokens.
 * @param embedded [tokens, width]: word, position and type embeddings, summed
 * @param segments int32 [tokens]: the text that each token belongs to, -1 for padding
 * @param texts how many there may be
 * @returns [texts, width], zeros for texts without tokens
 */
export function textMeans(
  stored: Parameters,
  config: TextConfig,
  embedded: tf.Tensor2D,
  segments: tf.Tensor1D,
  texts: number,
): tf.Tensor2D {
  const parameters = dequantised(stored);
  const { hiddenSize, layers, layerNormEps } = config;
  const tokens = segments.shape[0];
  const mask = tf.mul(otherTexts(segments), -1e9);
  const row = tf.reshape(embedded, [1, tokens, hiddenSize]) as tf.Tensor3D;
  let x = norm(parameters, 'text.embeddings.LayerNorm', row, layerNormEps);
  for (let index = 0; index < layers; index++) {
    x = textLayer(parameters, config, `text.encoder.layer.${index}`, x, mask);
  }
  const members = tf.cast(tf.oneHot(segments, texts), 'float32') as tf.Tensor2D;
  const counts = tf.reshape(tf.maximum(tf.sum(members, 0), 1), [texts, 1]);
  const rows = tf.reshape(x, [tokens, hiddenSize]) as tf.Tensor2D;
  const sums = tf.matMul<tf.Tensor2D>(members, rows, true);
  return tf.div(sums, counts);
}

/** A post-norm block: norm(x + attention(x)), then norm(x + mlp(x)). */
function textLayer(
  parameters: Parameters,
  { heads, layerNormEps }: TextConfig,
  name: string,
  x: tf.Tensor3D,
  mask: tf.Tensor,
): tf.Tensor3D {
  return tf.tidy(() => {
    const self = `${name}.attention.self`;
    const mixed = attention(
      linear(parameters, `${self}.query`, x),
      linear(parameters, `${self}.key`, x),
      linear(parameters, `${self}.value`, x),
      { heads, mask },
    );
    const output = `${name}.attention.output`;
    const seen = norm(
      parameters,
      `${output}.LayerNorm`,
      tf.add<tf.Tensor3D>(x, linear(parameters, `${output}.dense`, mixed)),
      layerNormEps,
    );
    const hidden = gelu(linear(parameters, `${name}.intermediate.dense`, seen));
    const result = linear(parameters, `${name}.output.dense`, hidden);
    return norm(
      parameters,
      `${name}.output.LayerNorm`,
      tf.add<tf.Tensor3D>(seen, result),
      layerNormEps,
    );
  });
}

/** 1 for pairs of tokens that belong to different texts: [1, 1, tokens, tokens]. */
function otherTexts(segments: tf.Tensor1D): tf.Tensor {
  const [tokens] = segments.shape;
  const own = tf.equal(
    tf.reshape(segments, [1, 1, tokens, 1]),
    tf.reshape(segments, [1, 1, 1, tokens]),
  );
  return tf.sub(1, tf.cast(own, 'float32'));
}
