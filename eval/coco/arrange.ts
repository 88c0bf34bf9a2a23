import type { Parameters } from './parameters.js';
import { sortByFallingScore, sortByPlace } from './sortRows.js';
import type { Detections, GroundTruth } from './tables.js';

/** Rows of a table in the order in which they are evaluated: by category, then picture. */
export interface ArrangedRows {
  /** Rows of the table. */
  readonly rows: Uint32Array;
  /** For each of `rows`, the place of its picture among those evaluated. */
  readonly pictures: Int32Array;
  /** Where each category begins in `rows`, and one more: the end. */
  readonly starts: Uint32Array;
}

/** What is to be evaluated, in order. */
export interface Arrangement {
  /** Rising ids of the pictures. */
  readonly imageIds: Float64Array;
  /** Rising ids of the categories; −1 alone when they are taken for one. */
  readonly categoryIds: readonly number[];
  /** Objects in the order of the file within a category and picture. */
  readonly objects: ArrangedRows;
  /** Detections by falling score within a category and picture, no more than the largest limit. */
  readonly detections: ArrangedRows;
  /** For each of `detections.rows`, its place by score in its category and picture. */
  readonly ranks: Uint32Array;
}

/**
 * Puts objects and detections of the pictures and categories that are evaluated in order. Detections of
 * categories that are not listed are left out.
 * @param counts whether a detection, by its row and the places of its picture and category, is evaluated.
 * @throws RangeError for an object or a detection on a picture that is not listed, naming its row.
 */
export function arrange(
  truth: GroundTruth,
  detections: Detections,
  parameters: Parameters,
  counts: (row: number, picture: number, category: number) => boolean = () => true,
): Arrangement {
  const { classAgnostic } = parameters;
  const imageIds = rising(parameters.imageIds ?? Array.from(truth.images));
  const categories = rising(parameters.categoryIds ?? Array.from(truth.categories));
  const known = new Set(Array.from(truth.images));
  checkImages(truth.imageIds, known, 'Annotation');
  checkImages(detections.imageIds, known, 'Detection');
  const places = { images: placesOf(imageIds), categories: placesOf(categories) };
  const objects = sorted(keysOf(truth, places), classAgnostic);
  const all = sorted(keysOf(detections, places, counts), classAgnostic, (rows) =>
    sortByFallingScore(rows, detections.scores),
  );
  const most = parameters.maxDetections.at(-1)!;
  return {
    imageIds,
    categoryIds: classAgnostic ? [-1] : [...categories],
    objects,
    ...withinLimit(all, most),
  };
}

/** For each row of a table the places of its picture and category among those evaluated, or −1 where it is not. */
interface Keys {
  picture: Int32Array;
  category: Int32Array;
  pictures: number;
  categories: number;
}

function keysOf(
  { count, imageIds, categoryIds }: Pick<Detections, 'count' | 'imageIds' | 'categoryIds'>,
  places: { images: Map<number, number>; categories: Map<number, number> },
  counts: (row: number, picture: number, category: number) => boolean = () => true,
): Keys {
  const picture = new Int32Array(count);
  const category = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const [p, k] = [places.images.get(imageIds[row]), places.categories.get(categoryIds[row])];
    const counted = p !== undefined && k !== undefined && counts(row, p, k);
    picture[row] = counted ? p : -1;
    category[row] = counted ? k : -1;
  }
  return { picture, category, pictures: places.images.size, categories: places.categories.size };
}

/**
 * Rows by category and picture. Without categories, rows of one picture are in the order of their
 * categories all the same, before `within` orders them.
 * @param within the order of the rows of one category and picture. Default: that of the file.
 */
function sorted(
  { picture, category, pictures, categories }: Keys,
  classAgnostic: boolean,
  within = (rows: Uint32Array) => rows,
): ArrangedRows {
  const taken = Uint32Array.from(picture.keys()).filter((row) => picture[row] >= 0);
  const byCategory = (rows: Uint32Array) => sortByPlace(rows, category, categories);
  const byPicture = (rows: Uint32Array) => sortByPlace(rows, picture, pictures);
  const rows = classAgnostic
    ? byPicture(within(byCategory(taken)))
    : byCategory(byPicture(within(taken)));
  const starts = new Uint32Array(classAgnostic ? 2 : categories + 1);
  if (classAgnostic) starts[1] = rows.length;
  else {
    for (const row of rows) starts[category[row] + 1]++;
    for (let k = 0; k < categories; k++) starts[k + 1] += starts[k];
  }
  return { rows, pictures: Int32Array.from(rows, (row) => picture[row]), starts };
}

/** The first `most` rows of every category and picture. */
function withinLimit(
  { rows, pictures, starts }: ArrangedRows,
  most: number,
): Pick<Arrangement, 'detections' | 'ranks'> {
  const kept: ArrangedRows = {
    rows: new Uint32Array(rows.length),
    pictures: new Int32Array(rows.length),
    starts: new Uint32Array(starts.length),
  };
  const ranks = new Uint32Array(rows.length);
  let count = 0;
  for (let k = 0; k + 1 < starts.length; k++) {
    let rank = 0;
    for (let i = starts[k]; i < starts[k + 1]; i++) {
      rank = i > starts[k] && pictures[i] === pictures[i - 1] ? rank + 1 : 0;
      if (rank >= most) continue;
      kept.rows[count] = rows[i];
      kept.pictures[count] = pictures[i];
      ranks[count++] = rank;
    }
    kept.starts[k + 1] = count;
  }
  return {
    detections: {
      rows: kept.rows.subarray(0, count),
      pictures: kept.pictures.subarray(0, count),
      starts: kept.starts,
    },
    ranks: ranks.subarray(0, count),
  };
}

function rising(ids: readonly number[]): Float64Array {
  return Float64Array.from(new Set(ids)).sort();
}

function placesOf(ids: Float64Array): Map<number, number> {
  return new Map(Array.from(ids, (id, place) => [id, place]));
}

function checkImages(ids: ArrayLike<number>, known: ReadonlySet<number>, what: string): void {
  for (let row = 0; row < ids.length; row++) {
    if (!known.has(ids[row])) {
      throw new RangeError(`${what} ${row} is on image ${ids[row]}, which is not listed.`);
    }
  }
}
