import {
  maskArea,
  maskBox,
  maskOfSegmentation,
  type RunLengthMask,
  type Segmentation,
} from '../../src/masks/index.js';

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
  /** What area ranges go by, in pixels; that of the box, where it is missing. */
  readonly areas?: ArrayLike<number>;
}

/** Masks of the objects or detections of a table, by row. */
export interface Masks {
  readonly masks: readonly RunLengthMask[];
}

/** What an annotation file holds of interest here. */
export interface AnnotationFile {
  /** Sides in pixels, which polygons need. */
  images: readonly { id: number; width?: number; height?: number }[];
  categories: readonly { id: number }[];
  annotations: readonly {
    image_id: number;
    category_id: number;
    /** That of the mask, where it is missing or empty. */
    bbox?: ArrayLike<number> | null;
    /** That of the box, where it is missing. */
    area?: number | null;
    iscrowd?: number | boolean | null;
    segmentation?: Segmentation;
  }[];
}

/** A detection as a results file has it: with a box, a mask, or both; an empty box is none. */
export interface ResultEntry {
  image_id: number;
  category_id: number;
  bbox?: ArrayLike<number> | null;
  score: number;
  segmentation?: Segmentation;
}

/**
 * The columns of a parsed annotation file, which is taken to be well-formed.
 * @throws RangeError naming an object with neither a box nor a mask, or with a wrong mask.
 */
export function groundTruthOf({ images, categories, annotations }: AnnotationFile): GroundTruth {
  const boxes = boxColumn('annotations', annotations, images);
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
    crowds: Uint8Array.from(annotations, ({ iscrowd }) => (iscrowd ? 1 : 0)),
  };
}

/**
 * The masks of a parsed annotation file.
 * @throws RangeError naming the annotation whose segmentation is missing or wrong.
 */
export function objectMasksOf({ images, annotations }: AnnotationFile): Masks {
  return { masks: masksOf('annotations', annotations, images) };
}

/**
 * The columns of a parsed results file, which is taken to be well-formed. Results that have masks alone get
 * the boxes around them; as in pycocotools, areas are those of the masks only if the first result has no box.
 * @param images of the annotation file, for polygons.
 * @throws RangeError naming a result with neither a box nor a mask, or with a wrong mask.
 */
export function detectionsOf(
  results: readonly ResultEntry[],
  images: AnnotationFile['images'] = [],
): Detections {
  const boxes = boxColumn('results', results, images);
  const boxless = results.length > 0 && !hasBox(results[0]);
  return {
    count: results.length,
    imageIds: Float64Array.from(results, ({ image_id }) => image_id),
    categoryIds: Float64Array.from(results, ({ category_id }) => category_id),
    boxes,
    scores: Float64Array.from(results, ({ score }) => score),
    ...(boxless && { areas: Float64Array.from(masksOf('results', results, images), maskArea) }),
  };
}

/**
 * The masks of a parsed results file.
 * @param images of the annotation file, for polygons.
 * @throws RangeError naming the result whose segmentation is missing or wrong.
 */
export function detectionMasksOf(
  results: readonly ResultEntry[],
  images: AnnotationFile['images'] = [],
): Masks {
  return { masks: masksOf('results', results, images) };
}

type Masked = Pick<ResultEntry, 'image_id' | 'bbox' | 'segmentation'>;

function masksOf(
  list: string,
  entries: readonly Masked[],
  images: AnnotationFile['images'],
): RunLengthMask[] {
  const maskOf = maskReader(list, images);
  return entries.map(maskOf);
}

/** Makes the mask of an entry, by its row in a list. */
function maskReader(list: string, images: AnnotationFile['images']) {
  const sizes = new Map(images.map((image) => [image.id, image]));
  return ({ image_id, segmentation }: Masked, row: number): RunLengthMask => {
    if (!segmentation) throw new RangeError(`${list}[${row}] has no segmentation.`);
    const { height, width } = sizes.get(image_id) ?? {};
    if (!('counts' in segmentation) && (height === undefined || width === undefined)) {
      throw new RangeError(
        `${list}[${row}].segmentation: image ${image_id} has no width and height, which polygons need.`,
      );
    }
    try {
      return maskOfSegmentation(segmentation, { height: height ?? 0, width: width ?? 0 });
    } catch (error) {
      throw new RangeError(`${list}[${row}].segmentation: ${(error as Error).message}`);
    }
  };
}

function boxColumn(
  list: string,
  entries: readonly Masked[],
  images: AnnotationFile['images'],
): Float64Array {
  const maskOf = maskReader(list, images);
  const boxes = new Float64Array(4 * entries.length);
  entries.forEach((entry, row) => {
    boxes.set(hasBox(entry) ? entry.bbox! : maskBox(maskOf(entry, row)), 4 * row);
  });
  return boxes;
}

function hasBox({ bbox }: Masked): boolean {
  return bbox !== undefined && bbox !== null && bbox.length > 0;
}
