import { rowProduct, unitRows } from './cosine.js';
import type { EncodeOptions } from './encodePictures.js';
import type { EvaluatedModel } from './evaluatedModel.js';
import { type BoxedPicture, regionFeaturesOf } from './regionFeatures.js';

/** A picture whose boxes each have one true description and wrong ones. */
export interface DescribedPicture extends BoxedPicture {
  /** For each box its descriptions, the true one first. */
  descriptions: readonly (readonly string[])[];
}

/**
 * Fine-grained recognition as FG-OVD measures it: a box counts when its region feature is closer to its
 * true description than to every other one of its list; ties count against it.
 * @returns the share of boxes, 0..1
 */
export async function recogniseDescriptions(
  model: Pick<EvaluatedModel, 'regionFeatures' | 'textFeatures'>,
  pictures: readonly DescribedPicture[],
  options: EncodeOptions,
): Promise<{ top1: number; count: number }> {
  const regions = await regionFeaturesOf(model, pictures, options);
  const lists = pictures.flatMap(({ descriptions }) => descriptions);
  const distinct = [...new Set(lists.flat())];
  const rowOf = new Map(distinct.map((text, row) => [text, row]));
  const texts = unitRows(await model.textFeatures(distinct, 'box'));
  let right = 0;
  lists.forEach((list, box) => {
    const scores = list.map((text) => rowProduct(regions, box, texts, rowOf.get(text)!));
    if (scores.slice(1).every((score) => score < scores[0])) right++;
  });
  return { top1: right / lists.length, count: lists.length };
}
