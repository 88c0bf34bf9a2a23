import type { CocoDataset } from '../../datasets/coco.js';
import { type CocoId, idInFile } from '../../datasets/cocoIds.js';
import { type CategorySummary, type Evaluation, summarizeCategories } from '../coco/index.js';

export interface CategoryScore extends Omit<CategorySummary, 'id'> {
  /** As the annotation file has it; −1 where categories are taken for one. */
  id: CocoId;
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
    const category = categoryOf.get(id);
    const { name = 'any', frequency } = category ?? {};
    return {
      id: category ? idInFile(category) : id,
      name,
      ...(frequency && { frequency }),
      ...summary,
    };
  });
}
