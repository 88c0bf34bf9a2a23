import type { NdArray } from '../../src/jit/ndarray.js';

/**
 * The place at which each text is pooled: its first end, or 0 for a text without one, as in the reference.
 * @param ids int32 [texts, tokens]
 */
export function textEnds(ids: NdArray, eosId: number): Int32Array {
  const [texts, tokens] = ids.shape;
  return Int32Array.from({ length: texts }, (_, text) => {
    const row = ids.data.subarray(text * tokens, (text + 1) * tokens);
    return Math.max(0, row.indexOf(eosId));
  });
}
