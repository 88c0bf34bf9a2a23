import { type AnnotationFile, type GroundTruth, groundTruthOf } from '../coco/index.js';

/** How often a category is in LVIS's training pictures: rare, common or frequent. */
export type Frequency = 'r' | 'c' | 'f';

/**
 * Annotated objects of LVIS, and what its annotators looked for: each picture was searched for some
 * categories only.
 */
export interface LvisGroundTruth extends GroundTruth {
  /** For each of `categories`. */
  readonly frequencies: readonly Frequency[];
  /** 1 for an object that need not be found. */
  readonly ignores: ArrayLike<number>;
  /** For each of `images`, ids of categories that are known not to be there. */
  readonly negatives: readonly (readonly number[])[];
  /** For each of `images`, ids of categories of which not every object is annotated. */
  readonly notExhaustive: readonly (readonly number[])[];
}

/** What an LVIS annotation file holds of interest here. */
export interface LvisAnnotationFile extends AnnotationFile {
  images: readonly {
    id: number;
    neg_category_ids: readonly number[];
    not_exhaustive_category_ids: readonly number[];
  }[];
  categories: readonly { id: number; frequency: Frequency }[];
  annotations: readonly (AnnotationFile['annotations'][number] & { ignore?: number })[];
}

/** The columns of a parsed LVIS annotation file, which is taken to be well-formed. LVIS knows no crowds. */
export function lvisGroundTruthOf(file: LvisAnnotationFile): LvisGroundTruth {
  const { images, categories, annotations } = file;
  return {
    ...groundTruthOf(file),
    crowds: new Uint8Array(annotations.length),
    frequencies: categories.map(({ frequency }) => frequency),
    ignores: Uint8Array.from(annotations, ({ ignore = 0 }) => (ignore === 0 ? 0 : 1)),
    negatives: images.map(({ neg_category_ids }) => neg_category_ids),
    notExhaustive: images.map(({ not_exhaustive_category_ids }) => not_exhaustive_category_ids),
  };
}
