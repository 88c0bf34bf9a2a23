import type { NdArray } from '../src/jit/ndarray.js';
import { joinRows, rankOf, rowProduct, unitRows } from './cosine.js';
import { type EncodeOptions, type EvaluatedPicture, encodePictures } from './encodePictures.js';
import type { EvaluatedModel } from './evaluatedModel.js';

/** A picture and the captions that belong to it, one at least. */
export interface CaptionedPicture extends EvaluatedPicture {
  captions: readonly string[];
}

/** Share of queries whose match is among the first 1, 5, 10, 0..1. */
export interface Recall {
  r1: number;
  r5: number;
  r10: number;
}

/**
 * Retrieval both ways between pictures and their captions. A picture finds its match when any of its
 * captions is among the first; each caption is a query for its picture. Ties count against the query.
 * @param length which text head the captions use
 * @returns `count` of pictures
 */
export async function retrieve(
  model: Pick<EvaluatedModel, 'imageFeatures' | 'textFeatures'>,
  pictures: readonly CaptionedPicture[],
  length: 'short' | 'long',
  options: EncodeOptions,
): Promise<{ imageToText: Recall; textToImage: Recall; count: number }> {
  const images = await imageFeaturesOf(model, pictures, options);
  const captions = pictures.flatMap((picture) => picture.captions);
  const texts = unitRows(await model.textFeatures(captions, length));
  const owners = pictures.flatMap((picture, owner) => picture.captions.map(() => owner));
  return {
    imageToText: recall(pictures.map((_, image) => rankOfOwn(images, image, texts, owners))),
    textToImage: recall(owners.map((owner, caption) => rankOf(texts, caption, images, owner))),
    count: pictures.length,
  };
}

/** Features of pictures, of length one. @returns [pictures, projection] */
export async function imageFeaturesOf(
  model: Pick<EvaluatedModel, 'imageFeatures'>,
  pictures: readonly EvaluatedPicture[],
  options: EncodeOptions,
): Promise<NdArray> {
  const encoded = await encodePictures(pictures, options, (images) => model.imageFeatures(images));
  return unitRows(joinRows(encoded));
}

/** How many captions of others are at least as close to a picture as the closest of its own. */
function rankOfOwn(
  images: NdArray,
  image: number,
  texts: NdArray,
  owners: readonly number[],
): number {
  const products = owners.map((_, caption) => rowProduct(images, image, texts, caption));
  const own = products.reduce(
    (best, product, caption) => (owners[caption] === image ? Math.max(best, product) : best),
    -Infinity,
  );
  return products.filter((product, caption) => owners[caption] !== image && product >= own).length;
}

function recall(ranks: readonly number[]): Recall {
  const share = (places: number) => ranks.filter((rank) => rank < places).length / ranks.length;
  return { r1: share(1), r5: share(5), r10: share(10) };
}
