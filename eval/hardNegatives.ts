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
 * true description than to every other one of its list. Where it is as close to another one, that is a tie, which
 * does not count; the code of FG-CLIP 2's authors counts it.
 * @returns shares of the boxes, 0..1: right ones, and ties
 */
export async function recogniseDescriptions(
  model: Pick<EvaluatedModel, 'regionFeatures' | 'textFeatures'>,
  pictures: readonly DescribedPicture[],
  options: EncodeOptions,
): Promise<{ top1: number; ties: number; count: number }> {
  const regions = await regionFeaturesOf(model, pictures, options);
  const lists = pictures.flatMap(({ descriptions }) => descriptions);
  const distinct = [...new Set(lists.flat())];
  const rowOf = new Map(distinct.map((text, row) => [text, row]));
  const texts = unitRows(await model.textFeatures(distinct, 'box'));
  let [right, ties] = [0, 0];
  lists.forEach((list, box) => {
    const scores = list.map((text) => rowProduct(regions, box, texts, rowOf.get(text)!));
    const best = Math.max(...scores.slice(1));
    if (scores[0] > best) right++;
    else if (scores[0] === best) ties++;
  });
  const { length: count } = lists;
  return { top1: right / count, ties: ties / count, count };
}
