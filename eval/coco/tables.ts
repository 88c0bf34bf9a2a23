/**
 * Annotated objects, column by column: a row of each is one object, in the order of the file. Boxes are x, y
 * of the top left corner, width and height, in pixels, as COCO has them.
 */
export interface GroundTruth {
  /** Ids of all pictures, with objects or without, in any order. */
  readonly images: ArrayLike<number>;
  /** Ids of all categories, in any order. */
  readonly categories: ArrayLike<number>;
  readonly count: number;
  readonly imageIds: ArrayLike<number>;
  readonly categoryIds: ArrayLike<number>;
  /** [count, 4] */
  readonly boxes: ArrayLike<number>;
  /** What area ranges go by: a mask's area where there is one. */
  readonly areas: ArrayLike<number>;
  /** 1 for a region whose objects have no boxes of their own: what is found there is not judged. */
  readonly crowds: ArrayLike<number>;
}

/** What a detector found, column by column, in the order of the file. */
export interface Detections {
  readonly count: number;
  readonly imageIds: ArrayLike<number>;
  readonly categoryIds: ArrayLike<number>;
  /** [count, 4] */
  readonly boxes: ArrayLike<number>;
  /** Any numbers: they only order the detections. */
  readonly scores: ArrayLike<number>;
}

/** What an annotation file holds of interest here. */
export interface AnnotationFile {
  images: readonly { id: number }[];
  categories: readonly { id: number }[];
  annotations: readonly {
    image_id: number;
    category_id: number;
    bbox: ArrayLike<number>;
    /** That of the box, where it is missing. */
    area?: number;
    iscrowd?: number;
  }[];
}

/** A detection as a results file has it. */
export interface ResultEntry {
  image_id: number;
  category_id: number;
  bbox: ArrayLike<number>;
  score: number;
}

/** The columns of a parsed annotation file, which is taken to be well-formed. */
export function groundTruthOf({ images, categories, annotations }: AnnotationFile): GroundTruth {
  const boxes = boxColumn(annotations);
  return {
    images: images.map(({ id }) => id),
    categories: categories.map(({ id }) => id),
    count: annotations.length,
    imageIds: Float64Array.from(annotations, ({ image_id }) => image_id),
    categoryIds: Float64Array.from(annotations, ({ category_id }) => category_id),
    boxes,
    areas: Float64Array.from(
      annotations,
      ({ area }, row) => area ?? boxes[4 * row + 2] * boxes[4 * row + 3],
    ),
    crowds: Uint8Array.from(annotations, ({ iscrowd = 0 }) => (iscrowd === 0 ? 0 : 1)),
  };
}

/** The columns of a parsed results file, which is taken to be well-formed. */
export function detectionsOf(results: readonly ResultEntry[]): Detections {
  return {
    count: results.length,
    imageIds: Float64Array.from(results, ({ image_id }) => image_id),
    categoryIds: Float64Array.from(results, ({ category_id }) => category_id),
    boxes: boxColumn(results),
    scores: Float64Array.from(results, ({ score }) => score),
  };
}

function boxColumn(entries: readonly { bbox: ArrayLike<number> }[]): Float64Array {
  const boxes = new Float64Array(4 * entries.length);
  entries.forEach(({ bbox }, row) => {
    boxes.set(bbox, 4 * row);
  });
  return boxes;
}
