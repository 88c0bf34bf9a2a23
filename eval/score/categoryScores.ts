import type { CocoDataset } from '../../datasets/coco.js';
import { type CategorySummary, type Evaluation, summarizeCategories } from '../coco/index.js';

export interface CategoryScore extends CategorySummary {
  name: string;
  /** Of LVIS: rare, common or frequent. */
  frequency?: 'r' | 'c' | 'f';
}

/** AP and AR of every category, with its name; "any" where categories are taken for one. */
export function scoresByName(
  evaluation: Evaluation,
  { categories }: Pick<CocoDataset, 'categories'>,
): CategoryScore[] {
  const categoryOf = new Map(categories.map((category) => [category.id, category]));
  return summarizeCategories(evaluation).map(({ id, ...summary }) => {
    const { name = 'any', frequency } = categoryOf.get(id) ?? {};
    return { id, name, ...(frequency && { frequency }), ...summary };
  });
}
