import type { FgClip } from '../src/fgclip/model.js';
import type { TextLength } from '../src/fgclip/text.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { rankOf, unitRows } from './cosine.js';
import { inBatches, squarePixels } from './regionFeatures.js';

/** Share of queries whose match is among the first 1, 5, 10, 0..1. */
export interface Recall {
  r1: number;
  r5: number;
  r10: number;
}

/**
 * Retrieval both ways between pictures and their captions, one caption each.
 * @param length which text head the captions use
 */
export async function retrieve(
  model: FgClip,
  pairs: readonly { file: string; caption: string }[],
  side: number,
  length: TextLength,
): Promise<{ imageToText: Recall; textToImage: Recall; count: number }> {
  const { projectionDim } = model.config;
  const all = new Float32Array(pairs.length * projectionDim);
  await inBatches(pairs, async (batch, real, first) => {
    const pixels = await squarePixels(
      batch.map(({ file }) => file),
      side,
    );
    const features = await model.imageFeatures(pixels);
    all.set(features.data.subarray(0, real * projectionDim), first * projectionDim);
  });
  const images = unitRows(ndarray(all, [pairs.length, projectionDim]));
  const texts = unitRows(
    await model.textFeatures(
      pairs.map(({ caption }) => caption),
      { length },
    ),
  );
  return {
    imageToText: recall(images, texts),
    textToImage: recall(texts, images),
    count: pairs.length,
  };
}

function recall(queries: NdArray, candidates: NdArray): Recall {
  const count = queries.shape[0];
  const ranks = Array.from({ length: count }, (_, i) => rankOf(queries, i, candidates, i));
  const share = (places: number) => ranks.filter((rank) => rank < places).length / count;
  return { r1: share(1), r5: share(5), r10: share(10) };
}
