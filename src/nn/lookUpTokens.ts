import * as tf from '@tensorflow/tfjs-core';
import { type Parameters, parameter } from './transformer.js';

/** The tensor that has a row for each token of the vocabulary. */
export const tokenTable = 'text_model.embeddings.token_embedding.weight';

/**
 * Token embeddings of several batches of texts. One look-up serves them all, since its gradient is a table
 * as large as the vocabulary's.
 * @param ids int32 [texts, tokens] each
 * @returns [texts, tokens, width] each
 */
export function lookUpTokens(
  parameters: Parameters,
  { hiddenSize }: { hiddenSize: number },
  ids: readonly tf.Tensor2D[],
): tf.Tensor3D[] {
  const table = parameter<tf.Tensor2D>(parameters, tokenTable);
  const all = tf.concat(ids.map((batch) => tf.reshape(batch, [batch.size]) as tf.Tensor1D));
  const embedded = tf.gather(table, all);
  let begin = 0;
  return ids.map(({ size, shape }) => {
    const tokens = tf.slice(embedded, [begin, 0], [size, hiddenSize]);
    begin += size;
    return tf.reshape(tokens, [...shape, hiddenSize]);
  });
}
