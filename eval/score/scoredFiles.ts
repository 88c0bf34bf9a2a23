import { type CocoDataset, readCoco } from '../../datasets/coco.js';
import { type CocoResults, readCocoResults } from '../../datasets/cocoResults.js';
import { chooseImages } from '../../datasets/imageList.js';
import type { ResultIds } from '../../datasets/resultIdKinds.js';
import { UserError } from '../../src/errors.js';

/** Annotations, and what a detector found. */
export interface ScoredFiles {
  dataset: CocoDataset;
  results: CocoResults;
  /** Results of categories that the annotation file does not list, which do not count. */
  unlisted: number;
  /** What a person should know of how the files were understood. */
  notes?: readonly string[];
}

/**
 * Reads what is to be scored; both files may be compressed with gzip.
 * @param options.masks whether masks are read, and scored instead of boxes.
 * @param options.ids whose ids the results have. Default: what the files say themselves.
 * @param options.imageList a file of image ids or names: only these pictures, and what was found in them, count.
 * @throws UserError naming the file and the index of what is wrong, or of a result on a picture that is
 *   not listed
 */
export async function readScoredFiles(
  truth: string,
  found: string,
  { masks, imageList, ids }: { masks?: boolean; imageList?: string; ids?: ResultIds } = {},
): Promise<ScoredFiles> {
  const dataset = readCoco(truth, { masks, scoring: true });
  const results = await readCocoResults(found, { masks, truth: dataset, ids });
  checkMaskSizes(dataset, results, found);
  const categories = new Set(dataset.categories.map(({ id }) => id));
  const unlisted = results.categoryIds.filter((id) => !categories.has(id)).length;
  const notes = [...(results.notes ?? []), ...notCounted(dataset)];
  if (imageList === undefined) return { dataset, results, unlisted, notes };
  const chosen = chooseImages(dataset, imageList);
  return {
    dataset: { ...dataset, images: chosen },
    results: resultsOn(results, new Set(chosen.map(({ id }) => id))),
    ...{ unlisted, notes },
  };
}

function notCounted({ file, strays }: CocoDataset): string[] {
  if (!strays) return [];
  return [
    `${file}: annotations of pictures or categories that it does not list are not counted: ${strays}.`,
  ];
}

/** Only masks of one size can be compared. */
function checkMaskSizes({ images }: CocoDataset, { masks, imageIds }: CocoResults, found: string) {
  const imageOf = new Map(images.map((image) => [image.id, image]));
  masks?.forEach((mask, row) => {
    const image = imageOf.get(imageIds[row])!;
    // Where the picture has no size, the runs of its objects have one.
    const isListed = image.width !== undefined && image.height !== undefined;
    const { height, width } = isListed ? image : (image.boxes[0]?.mask ?? mask);
    if (mask.height === height && mask.width === width) return;
    throw new UserError(
      `${found}: results[${row}].segmentation has ${mask.height} × ${mask.width} pixels, its image ${height} × ${width}.`,
    );
  });
}

function resultsOn(results: CocoResults, images: ReadonlySet<number>): CocoResults {
  const rows = Uint32Array.from(results.imageIds.keys()).filter((row) =>
    images.has(results.imageIds[row]),
  );
  const boxes = new Float64Array(4 * rows.length);
  rows.forEach((row, i) => {
    boxes.set(results.boxes.subarray(4 * row, 4 * row + 4), 4 * i);
  });
  const { masks, areas } = results;
  return {
    count: rows.length,
    imageIds: Float64Array.from(rows, (row) => results.imageIds[row]),
    categoryIds: Float64Array.from(rows, (row) => results.categoryIds[row]),
    boxes,
    scores: Float64Array.from(rows, (row) => results.scores[row]),
    ...(masks && { masks: Array.from(rows, (row) => masks[row]) }),
    ...(areas && { areas: Float64Array.from(rows, (row) => areas[row]) }),
  };
}
