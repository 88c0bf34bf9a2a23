import type { CocoDataset } from '../../datasets/coco.js';
import { idInFile } from '../../datasets/cocoIds.js';
import type { CocoResults } from '../../datasets/cocoResults.js';
import { UserError } from '../../src/errors.js';
import { groupBy } from '../../src/groupBy.js';
import { boxOverlap, type Overlap } from '../coco/boxOverlap.js';
import { maskOverlap } from '../coco/index.js';
import { groundTruthOfDataset, masksOfDataset } from '../detection/groundTruth.js';
import { askedOf } from './asked.js';
import { countItem, type ItemCounts } from './countItem.js';
import { localF1 } from './measures.js';

/** One phrase asked of one picture. */
interface Item {
  /** IoU by detection and object, in a row for each detection. */
  overlap: readonly Float64Array[];
  /** Of each detection. */
  scores: readonly number[];
  objects: number;
}

/** Items by their names; of those that cannot be judged, because not every object is annotated, `undefined`. */
type Items = ReadonlyMap<string, Item | undefined>;

/** Annotations, and what a detector found. */
export interface Judged {
  dataset: CocoDataset;
  results: CocoResults;
}

/**
 * The items of one or more ground truths with what was found, to be counted at any score threshold. In SA-Co's files
 * each picture has one phrase; elsewhere it is asked for every category, of LVIS for those that it was searched for.
 */
export class PresenceItems {
  readonly #truths: readonly (readonly Item[])[];

  /**
   * @param truths of the same items, by as many annotators; the results are the same for each.
   * @throws UserError for an item that one of the files lacks, and where nothing can be judged
   */
  constructor(truths: readonly Judged[]) {
    const all = truths.map(itemsOf);
    const file = (truth: number) => truths[truth].dataset.file;
    const names = [...all[0].keys()];
    all.forEach((items, i) => {
      const lacking =
        names.find((name) => !items.has(name)) ??
        [...items.keys()].find((name) => !all[0].has(name));
      if (lacking === undefined) return;
      throw new UserError(
        `${file(0)} and ${file(i)} ask for different things: only one has ${lacking}.`,
      );
    });
    const judged = names.filter((name) => all.every((items) => items.get(name)));
    if (judged.length === 0) throw new UserError(`${file(0)} has nothing that can be judged.`);
    this.#truths = all.map((items) => judged.map((name) => items.get(name)!));
  }

  /** How many items there are. */
  get count(): number {
    return this.#truths[0].length;
  }

  /** What was found in each item, by boxes of at least this score; of several truths the one it fits best counts. */
  countsAt(threshold: number): ItemCounts[] {
    return this.#truths[0].map((_, i) => {
      const counts = this.#truths.map((items) => countsOf(items[i], threshold));
      return counts.reduce((best, other) => (localF1(other) > localF1(best) ? other : best));
    });
  }
}

function countsOf({ overlap, scores, objects }: Item, threshold: number): ItemCounts {
  return countItem(
    overlap.filter((_, detection) => scores[detection] >= threshold),
    objects,
  );
}

/** All that a file asks for. Crowds are no objects. */
function itemsOf({ dataset, results }: Judged): Items {
  const byPhrase = dataset.images.some(({ phrase }) => phrase !== undefined);
  const images = dataset.images.map((image) => ({
    ...image,
    boxes: image.boxes.filter(({ crowd }) => !crowd),
  }));
  const objectsOnly = { ...dataset, images };
  const truth = groundTruthOfDataset(objectsOnly);
  const overlap = results.masks
    ? maskOverlap(masksOfDataset(objectsOnly).masks, truth.crowds, results.masks, () => 0)
    : boxOverlap(truth, results);
  const keyOf = (image: number, category: number) =>
    byPhrase ? `${image}` : `${image} ${category}`;
  const rowsOf = ({ count, imageIds, categoryIds }: Rows) =>
    groupBy(Array(count).keys(), (row) => keyOf(imageIds[row], categoryIds[row]));
  const [objects, detections] = [rowsOf(truth), rowsOf(results)];
  const itemOf = (key: string): Item => {
    const own = Uint32Array.from(objects.get(key) ?? []);
    const found = Uint32Array.from(detections.get(key) ?? []);
    return {
      overlap: overlapRows(overlap, found, own),
      scores: Array.from(found, (row) => results.scores[row]),
      objects: own.length,
    };
  };
  const items = new Map<string, Item | undefined>();
  for (const image of images) {
    const name = `image ${idInFile(image)}`;
    if (byPhrase) {
      items.set(name, image.exhaustive === false ? undefined : itemOf(keyOf(image.id, 0)));
      continue;
    }
    for (const { category, judged } of askedOf(image, dataset)) {
      const item = judged ? itemOf(keyOf(image.id, category.id)) : undefined;
      items.set(`${name} with category ${idInFile(category)}`, item);
    }
  }
  return items;
}

function overlapRows(overlap: Overlap, found: Uint32Array, objects: Uint32Array): Float64Array[] {
  const all = new Float64Array(found.length * objects.length);
  if (all.length > 0) {
    const rows = (list: Uint32Array) => ({ rows: list, from: 0, to: list.length });
    overlap.fill(rows(found), rows(objects), all);
  }
  return Array.from(found, (_, i) => all.subarray(i * objects.length, (i + 1) * objects.length));
}

type Rows = Pick<CocoResults, 'count'> & {
  imageIds: ArrayLike<number>;
  categoryIds: ArrayLike<number>;
};
