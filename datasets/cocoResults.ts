import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { checkJson } from '../src/files/jsonFile.js';
import type { Xywh } from '../src/geometry/boxes.js';
import { maskArea, maskBox, type RunLengthMask } from '../src/masks/index.js';
import { readMask, xywhBesideMask } from './coco.js';
import { type CocoId, cocoIdSchema, numberedIds } from './cocoIds.js';
import type { ListedPicture } from './cocoImages.js';
import { readJsonArray } from './jsonArray.js';
import type { ResultIds } from './resultIdKinds.js';
import {
  type MatchedIds,
  matchResultIds,
  type ResultPicture,
  type ResultTruth,
} from './resultIds.js';

/** What a detector found, column by column: a row of each is one box. Rows are in the file's order. */
export interface CocoResults {
  readonly count: number;
  readonly imageIds: Float64Array;
  readonly categoryIds: Float64Array;
  /** [count, 4]: x, y, width, height in pixels. */
  readonly boxes: Float64Array;
  readonly scores: Float64Array;
  /** Where masks were asked for. */
  readonly masks?: readonly RunLengthMask[];
  /** In pixels, where results have masks and no boxes. */
  readonly areas?: Float64Array;
  /** Without a known annotation file: the numbers that stand for image ids that are texts. */
  readonly imageTexts?: ReadonlyMap<string, number>;
  /** What a person should know of how pictures and categories were found. */
  readonly notes?: readonly string[];
}

/** What is asked of a result; whatever else it says is not looked at. */
const schema = z.object({
  image_id: cocoIdSchema,
  category_id: cocoIdSchema,
  bbox: xywhBesideMask,
  score: z.number(),
  segmentation: z.unknown().optional(),
  file_name: z.string().min(1).optional().catch(undefined),
});

export interface ResultReadOptions {
  /** Whether results get their masks, as runs, which they must then have. */
  masks?: boolean;
  /** What the results are about: pictures and categories get its numbers. Default: nothing is known of it. */
  truth?: ResultTruth;
  /** Whose ids the results have. Default: what the files say themselves. */
  ids?: ResultIds;
  /** Whether results may be about pictures that are not listed; these get numbers of their own. Default: false. */
  strays?: boolean;
}

/**
 * Reads a COCO results file: a JSON array of `{image_id, category_id, bbox: [x, y, width, height], score}`,
 * which may be compressed with gzip. A result may have a mask in place of its box. It is read as a stream: 6 million
 * boxes take 340 MB.
 * @throws UserError naming the file and, for a bad result, its index and field; as `matchResultIds` does.
 */
export async function readCocoResults(
  file: string,
  { masks: masked = false, truth, ids, strays }: ResultReadOptions = {},
): Promise<CocoResults> {
  const pictures = new Pictures();
  const categories = new Distinct<CocoId>();
  const boxes: number[] = [];
  const scores: number[] = [];
  const masks = new ResultMasks(file);
  let boxless = false;
  for await (const values of readJsonArray(file)) {
    for (const value of values) {
      const row = scores.length;
      const where = `${file}: results[${row}]`;
      const { bbox, ...result } = checkJson(value, schema, where, 'a COCO result');
      const hasMask = result.segmentation !== undefined && result.segmentation !== null;
      if (!bbox && !hasMask) throw new UserError(`${where} is not a COCO result: bbox: is missing`);
      // As in pycocotools, the first result tells what areas are those of.
      if (row === 0) boxless = !bbox;
      if (masked || !bbox || (boxless && hasMask)) masks.add(row, result.segmentation);
      pictures.addPicture(result.image_id, result.file_name, row);
      categories.add(result.category_id);
      boxes.push(...(bbox ?? unknownBox));
      scores.push(result.score);
    }
  }
  const matched: MatchedIds & Pick<CocoResults, 'imageTexts'> = truth
    ? matchResultIds(pictures.all, categories.all, { results: file, truth, ids, strays })
    : unmatched(pictures.all, categories.all);
  const imageOf = truth && imagesById(truth);
  const maskOf = masks.all((row) => imageOf?.get(matched.images[pictures.rows[row]]), truth?.file);
  const allBoxes = Float64Array.from(boxes);
  for (const [row, mask] of maskOf) {
    if (Number.isNaN(allBoxes[4 * row])) allBoxes.set(maskBox(mask), 4 * row);
  }
  const areaOf = (row: number) => {
    const mask = maskOf.get(row);
    return mask ? maskArea(mask) : allBoxes[4 * row + 2] * allBoxes[4 * row + 3];
  };
  return {
    count: scores.length,
    imageIds: Float64Array.from(pictures.rows, (picture) => matched.images[picture]),
    categoryIds: Float64Array.from(categories.rows, (category) => matched.categories[category]),
    boxes: allBoxes,
    scores: Float64Array.from(scores),
    ...(masked && { masks: Array.from(scores, (_, row) => maskOf.get(row)!) }),
    ...(boxless && { areas: Float64Array.from(scores, (_, row) => areaOf(row)) }),
    ...(matched.imageTexts && { imageTexts: matched.imageTexts }),
    ...(matched.notes.length > 0 && { notes: matched.notes }),
  };
}

/** Where a result has a mask in place of a box, until the mask is known. */
const unknownBox: Xywh = [Number.NaN, 0, 0, 0];

/** Different values of a column, and for each row which one it has. */
class Distinct<T> {
  readonly all: T[] = [];
  readonly rows: number[] = [];
  readonly #places = new Map<unknown, number>();

  /** @param key what tells values apart. */
  add(value: T, key: unknown = value): void {
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.all.push(value) - 1;
      this.#places.set(key, place);
    }
    this.rows.push(place);
  }
}

/** The pictures that results are about. */
class Pictures extends Distinct<ResultPicture> {
  addPicture(id: CocoId, fileName: string | undefined, row: number): void {
    if (fileName === undefined) this.add({ id, row }, id);
    else this.add({ id, fileName, row }, `${JSON.stringify(id)} ${fileName}`);
  }
}

/** Masks of results: runs at once, polygons when the size of their picture is known. */
class ResultMasks {
  readonly #file: string;
  readonly #masks = new Map<number, RunLengthMask>();
  readonly #polygons = new Map<number, unknown>();

  constructor(file: string) {
    this.#file = file;
  }

  add(row: number, segmentation: unknown): void {
    if (Array.isArray(segmentation)) this.#polygons.set(row, segmentation);
    else this.#masks.set(row, readMask(segmentation, `${this.#file}: results[${row}]`));
  }

  /** The masks of all rows that have one. @param imageOf the picture of a row. @param list the file that lists it. */
  all(
    imageOf: (row: number) => ListedPicture | undefined,
    list: string | undefined,
  ): ReadonlyMap<number, RunLengthMask> {
    for (const [row, polygons] of this.#polygons) {
      const where = `${this.#file}: results[${row}]`;
      const image = imageOf(row);
      this.#masks.set(row, readMask(polygons, where, image && { image, list: list! }));
    }
    return this.#masks;
  }
}

function imagesById({ images }: ResultTruth): ReadonlyMap<number, ListedPicture> {
  return new Map(images.map((image) => [image.id, image]));
}

/** Ids as they are, texts as numbers. */
function unmatched(pictures: readonly ResultPicture[], categories: readonly CocoId[]) {
  const numberOf = numberedIds(pictures.map(({ id }) => id));
  const categoryOf = numberedIds(categories);
  const texts = pictures.flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
  return {
    images: pictures.map(({ id }) => numberOf(id).id),
    categories: categories.map((id) => categoryOf(id).id),
    notes: [],
    ...(texts.length > 0 && {
      imageTexts: new Map(texts.map((text) => [text, numberOf(text).id])),
    }),
  };
}

/** The rows of each image: indices by rising order, under the image's id. */
export function rowsByImage({ imageIds }: CocoResults): Map<number, Uint32Array> {
  const counts = new Map<number, number>();
  for (const id of imageIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  const rows = new Uint32Array(imageIds.length);
  const groups = new Map<number, Uint32Array>();
  let end = 0;
  for (const [id, count] of counts) {
    groups.set(id, rows.subarray(end, end + count));
    end += count;
    counts.set(id, 0);
  }
  imageIds.forEach((id, row) => {
    const position = counts.get(id)!;
    groups.get(id)![position] = row;
    counts.set(id, position + 1);
  });
  return groups;
}

/**
 * Checks that all scores are probabilities.
 * @throws UserError naming the first that is not.
 */
export function checkProbabilities({ scores }: CocoResults, file: string): void {
  const bad = scores.findIndex((score) => score < 0 || score > 1);
  if (bad < 0) return;
  throw new UserError(
    `${file}: results[${bad}].score is ${scores[bad]}; scores must be probabilities, 0 to 1. ` +
      'Put logits through a sigmoid.',
  );
}
