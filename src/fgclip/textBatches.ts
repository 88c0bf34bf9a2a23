import { type NdArray, ndarray } from '../jit/ndarray.js';
import type { TextConfig } from './config.js';
import { lengthBucket } from './lengthBucket.js';

/** Token ids of texts that are encoded together. */
export interface TextBatch {
  /** int32 [rows, tokens]; rows beyond the texts repeat the first. */
  ids: NdArray;
  /** The place in the input of each row's text. */
  texts: number[];
}

const mostRows = 32;

/**
 * Texts in batches of similar length, padded to few different shapes: rows to a power of two, lengths to
 * buckets.
 * @param encoded each text's token ids
 * @param limit the most tokens a text may have
 */
export function textBatches(
  encoded: readonly ArrayLike<number>[],
  { padId }: TextConfig,
  limit: number,
): TextBatch[] {
  const order = [...encoded.keys()].sort((a, b) => encoded[a].length - encoded[b].length);
  const batches: TextBatch[] = [];
  for (let first = 0; first < order.length; first += mostRows) {
    const texts = order.slice(first, first + mostRows);
    const rows = 2 ** Math.ceil(Math.log2(texts.length));
    const longest = encoded[texts[texts.length - 1]].length;
    const length = lengthBucket(longest, limit);
    const ids = new Int32Array(rows * length).fill(padId);
    for (let row = 0; row < rows; row++) ids.set(encoded[texts[row] ?? texts[0]], row * length);
    batches.push({ ids: ndarray(ids, [rows, length]), texts });
  }
  return batches;
}
