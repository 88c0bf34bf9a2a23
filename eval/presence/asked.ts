import type { CocoCategory, CocoDataset, CocoImage } from '../../datasets/coco.js';

/** A category that a picture was searched for. */
export interface Asked {
  category: CocoCategory;
  /** Whether every object of it is annotated. */
  judged: boolean;
}

/** What a picture was searched for: of LVIS what its annotators looked for, elsewhere all categories. */
export function askedOf(
  { boxes, negatives, notExhaustive = [] }: CocoImage,
  { categories }: Pick<CocoDataset, 'categories'>,
): Asked[] {
  const shown = new Set(boxes.map(({ category }) => categories[category].id));
  const absent = negatives && new Set(negatives);
  return categories
    .filter(({ id }) => !absent || shown.has(id) || absent.has(id))
    .map((category) => ({ category, judged: !notExhaustive.includes(category.id) }));
}
