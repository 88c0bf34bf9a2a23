import type { FgClip } from '../src/fgclip/model.js';
import type { TextLength } from '../src/fgclip/text.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { joinRows, rankOf, unitRows } from './cosine.js';
import { type EncodeOptions, encodePictures } from './encodePictures.js';

/** A picture and the caption that belongs to it. */
export interface CaptionedPicture {
  file: string;
  caption: string;
}

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
  model: Pick<FgClip, 'imageFeatures' | 'textFeatures'>,
  pairs: readonly CaptionedPicture[],
  length: TextLength,
  options: EncodeOptions,
): Promise<{ imageToText: Recall; textToImage: Recall; count: number }> {
  const encoded = await encodePictures(pairs, options, async (pixels, { length: real }) => {
    const { data, shape } = await model.imageFeatures(pixels);
    return ndarray(data.slice(0, real * shape[1]), [real, shape[1]]);
  });
  const images = unitRows(joinRows(encoded));
  const captions = pairs.map(({ caption }) => caption);
  const texts = unitRows(await model.textFeatures(captions, { length }));
  return {
    imageToText: recall(images, texts),
    textToImage: recall(texts, images),
    count: pairs.length,
  };
}

/** Recall where row i of the candidates is the one that query i should find. */
function recall(queries: NdArray, candidates: NdArray): Recall {
  const [count] = queries.shape;
  const ranks = Array.from({ length: count }, (_, i) => rankOf(queries, i, candidates, i));
  const share = (places: number) => ranks.filter((rank) => rank < places).length / count;
  return { r1: share(1), r5: share(5), r10: share(10) };
}
