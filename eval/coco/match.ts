import type { Arrangement } from './arrange.js';
import type { Overlap, RowRange } from './boxOverlap.js';
import type { Parameters } from './parameters.js';
import type { GroundTruth } from './tables.js';

/** What the detections of a category were matched with, for every area range A and IoU threshold T. */
export interface CategoryMatches {
  /** −1 where categories are taken for one. */
  readonly categoryId: number;
  /** Place of the category among those evaluated. */
  readonly index: number;
  /** Number of detections, N; picture by picture in rising order of ids, by falling score within each. */
  readonly count: number;
  /** [N] rows of the detections. */
  readonly rows: Uint32Array;
  /** [N] places of the detections in their pictures, by score. */
  readonly ranks: Uint32Array;
  /** [A, T, N] the row of the object each detection was matched with, or −1. */
  readonly matched: Int32Array;
  /** [A, T, N] 1 where a detection is neither right nor wrong. */
  readonly ignored: Uint8Array;
  /** [A] how many objects there are to find. */
  readonly objects: Uint32Array;
}

/** What a protocol does not judge, beside crowds and sizes that are not asked for. */
export interface Leniency {
  /** Whether an object, by its row, need not be found. */
  excusesObject(object: number): boolean;
  /** Whether detections that match nothing are not wrong; places among those evaluated. */
  excusesUnmatched(category: number, picture: number): boolean;
}

const strict: Leniency = { excusesObject: () => false, excusesUnmatched: () => false };

/** An overlap of exactly 1 must reach a threshold of 1. */
const highest = 1 - 1e-10;

/**
 * Matches the detections of one category after the other with its objects, picture by picture: COCO's
 * rules. By falling score, a detection takes the object that it overlaps most among those not taken, the
 * later of equals; it takes a crowd, or an object outside the area range, only if nothing else is left
 * that reaches the threshold, and is then not judged; nor is it when it matches nothing and is itself
 * outside the range. A crowd can be taken any number of times.
 */
export function* matchCategories(
  truth: GroundTruth,
  arrangement: Arrangement,
  overlap: Overlap,
  parameters: Parameters,
  leniency = strict,
): Generator<CategoryMatches> {
  const { categoryIds, objects, detections } = arrangement;
  const matcher = new PictureMatcher(truth, overlap, parameters, leniency);
  const { areaRanges, iouThresholds } = parameters;
  const combinations = areaRanges.length * iouThresholds.length;
  for (let index = 0; index < categoryIds.length; index++) {
    const [start, end] = [detections.starts[index], detections.starts[index + 1]];
    const count = end - start;
    const matches: CategoryMatches = {
      categoryId: categoryIds[index],
      index,
      count,
      rows: detections.rows.subarray(start, end),
      ranks: arrangement.ranks.subarray(start, end),
      matched: new Int32Array(combinations * count).fill(-1),
      ignored: new Uint8Array(combinations * count),
      objects: new Uint32Array(areaRanges.length),
    };
    let object = objects.starts[index];
    const lastObject = objects.starts[index + 1];
    let detection = start;
    while (object < lastObject || detection < end) {
      const picture = Math.min(
        object < lastObject ? objects.pictures[object] : Infinity,
        detection < end ? detections.pictures[detection] : Infinity,
      );
      const from = { object, detection };
      while (object < lastObject && objects.pictures[object] === picture) object++;
      while (detection < end && detections.pictures[detection] === picture) detection++;
      matcher.match(
        { rows: objects.rows, from: from.object, to: object },
        { rows: detections.rows, from: from.detection, to: detection },
        matches,
        from.detection - start,
        leniency.excusesUnmatched(index, picture),
      );
    }
    yield matches;
  }
}

class PictureMatcher {
  readonly #truth: GroundTruth;
  readonly #overlap: Overlap;
  readonly #parameters: Parameters;
  readonly #leniency: Leniency;
  /** [detections, objects] */
  #overlaps = new Float64Array(64);
  /** Of each detection, its largest overlap. */
  #best = new Float64Array(16);
  /** Of each object. */
  #order = new Uint32Array(16);
  #ignored = new Uint8Array(16);
  #crowd = new Uint8Array(16);
  #excused = new Uint8Array(16);
  #taken = new Uint8Array(16);

  constructor(truth: GroundTruth, overlap: Overlap, parameters: Parameters, leniency: Leniency) {
    this.#truth = truth;
    this.#overlap = overlap;
    this.#parameters = parameters;
    this.#leniency = leniency;
  }

  /**
   * @param offset place of the picture's first detection in `matches`.
   * @param excused whether detections that match nothing are not wrong.
   */
  match(
    objects: RowRange,
    detections: RowRange,
    matches: CategoryMatches,
    offset: number,
    excused: boolean,
  ): void {
    const { areaRanges, iouThresholds } = this.#parameters;
    const objectCount = objects.to - objects.from;
    const count = detections.to - detections.from;
    this.#prepare(objects, detections);
    for (let area = 0; area < areaRanges.length; area++) {
      matches.objects[area] += this.#putInOrder(objects, area);
      if (count === 0) continue;
      for (let t = 0; t < iouThresholds.length; t++) {
        const first = (area * iouThresholds.length + t) * matches.count + offset;
        if (objectCount > 0) this.#matchAt(iouThresholds[t], objects, count, matches, first);
      }
      this.#ignoreUnmatched(area, detections, matches, offset, excused);
    }
  }

  #prepare(objects: RowRange, detections: RowRange): void {
    const objectCount = objects.to - objects.from;
    const count = detections.to - detections.from;
    if (objectCount > this.#order.length) {
      const size = 2 * objectCount;
      this.#order = new Uint32Array(size);
      this.#ignored = new Uint8Array(size);
      this.#crowd = new Uint8Array(size);
      this.#excused = new Uint8Array(size);
      this.#taken = new Uint8Array(size);
    }
    if (count > this.#best.length) this.#best = new Float64Array(2 * count);
    if (count * objectCount > this.#overlaps.length) {
      this.#overlaps = new Float64Array(2 * count * objectCount);
    }
    for (let g = 0; g < objectCount; g++) {
      const row = objects.rows[objects.from + g];
      this.#crowd[g] = this.#truth.crowds[row];
      this.#excused[g] = this.#crowd[g] || this.#leniency.excusesObject(row) ? 1 : 0;
    }
    if (objectCount === 0 || count === 0) return;
    const overlaps = this.#overlaps;
    this.#overlap.fill(detections, objects, overlaps);
    for (let d = 0; d < count; d++) {
      let best = 0;
      for (let g = 0; g < objectCount; g++) best = Math.max(best, overlaps[d * objectCount + g]);
      this.#best[d] = best;
    }
  }

  /** Orders the objects for an area range, ignored ones last. @returns how many are not ignored. */
  #putInOrder({ rows, from, to }: RowRange, area: number): number {
    const { least, most } = this.#parameters.areaRanges[area];
    const count = to - from;
    let counted = 0;
    for (let g = 0; g < count; g++) {
      const size = this.#truth.areas[rows[from + g]];
      this.#ignored[g] = this.#excused[g] || size < least || size > most ? 1 : 0;
      if (!this.#ignored[g]) this.#order[counted++] = g;
    }
    let last = counted;
    for (let g = 0; g < count; g++) if (this.#ignored[g]) this.#order[last++] = g;
    return counted;
  }

  /** @param first where the picture's detections begin in `matched` and `ignored`. */
  #matchAt(
    threshold: number,
    { rows, from, to }: RowRange,
    count: number,
    { matched, ignored }: CategoryMatches,
    first: number,
  ): void {
    const least = Math.min(threshold, highest);
    const objectCount = to - from;
    const [overlaps, order, taken] = [this.#overlaps, this.#order, this.#taken];
    taken.fill(0, 0, objectCount);
    for (let d = 0; d < count; d++) {
      if (this.#best[d] < least) continue;
      let best = least;
      let found = -1;
      for (let place = 0; place < objectCount; place++) {
        const g = order[place];
        if (taken[g] && !this.#crowd[g]) continue;
        // The rest is ignored; a regular object is better than any of those.
        if (found >= 0 && !this.#ignored[found] && this.#ignored[g]) break;
        const value = overlaps[d * objectCount + g];
        if (value < best) continue;
        best = value;
        found = g;
      }
      if (found < 0) continue;
      taken[found] = 1;
      matched[first + d] = rows[from + found];
      ignored[first + d] = this.#ignored[found];
    }
  }

  /** Detections that match nothing are not judged if excused, or not of the size that is asked for. */
  #ignoreUnmatched(
    area: number,
    { rows, from, to }: RowRange,
    { matched, ignored, count }: CategoryMatches,
    offset: number,
    excused: boolean,
  ): void {
    const { areaRanges, iouThresholds } = this.#parameters;
    const { least, most } = areaRanges[area];
    for (let d = 0; d < to - from; d++) {
      const size = this.#overlap.areaOf(rows[from + d]);
      if (!excused && size >= least && size <= most) continue;
      for (let t = 0; t < iouThresholds.length; t++) {
        const entry = (area * iouThresholds.length + t) * count + offset + d;
        if (matched[entry] < 0) ignored[entry] = 1;
      }
    }
  }
}
