import type { CategoryMatches } from './match.js';
import type { Parameters } from './parameters.js';
import { sortByFallingScore } from './sortRows.js';

/** Numbers in a row-major table; −1 where there was nothing to find. */
export interface NumberTable {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/**
 * Precision and recall for IoU thresholds T, recall thresholds R, categories K, area ranges A and limits of
 * detections M, each in the order of the parameters, categories in rising order of their ids.
 */
export interface Evaluation {
  readonly parameters: Parameters;
  /** Ids of the categories; −1 alone where they were taken for one. */
  readonly categoryIds: readonly number[];
  /** [T, R, K, A, M] best precision at a recall of at least R. */
  readonly precision: NumberTable;
  /** [T, R, K, A, M] the score at which that recall is reached. */
  readonly scores: NumberTable;
  /** [T, K, A, M] share of the objects that were found at all. */
  readonly recall: NumberTable;
}

/** A table of 4 GB. */
const mostValues = 2 ** 29;

/** An evaluation whose categories have not been accumulated. */
export function emptyEvaluation(
  parameters: Parameters,
  categoryIds: readonly number[],
): Evaluation {
  const { iouThresholds, recallThresholds, areaRanges, maxDetections } = parameters;
  const rest = [categoryIds.length, areaRanges.length, maxDetections.length];
  const values = iouThresholds.length * recallThresholds.length * rest.reduce((a, b) => a * b, 1);
  if (values > mostValues) {
    throw new RangeError(
      `${categoryIds.length} categories with these parameters make ${values} values of precision, too many to hold.`,
    );
  }
  const table = (...shape: number[]): NumberTable => ({
    shape,
    data: new Float64Array(shape.reduce((product, size) => product * size, 1)).fill(-1),
  });
  return {
    parameters,
    categoryIds,
    precision: table(iouThresholds.length, recallThresholds.length, ...rest),
    scores: table(iouThresholds.length, recallThresholds.length, ...rest),
    recall: table(iouThresholds.length, ...rest),
  };
}

/** Keeps the quotient finite where nothing was judged; pycocotools adds the same. */
const epsilon = Number.EPSILON;

/**
 * Fills in a category's part of an evaluation.
 * @param scores of all detections, by row.
 */
export function accumulate(
  { parameters, categoryIds, precision, recall, scores: scoreTable }: Evaluation,
  matches: CategoryMatches,
  scores: ArrayLike<number>,
): void {
  const { iouThresholds, recallThresholds, areaRanges, maxDetections } = parameters;
  const [K, A, M] = [categoryIds.length, areaRanges.length, maxDetections.length];
  const T = iouThresholds.length;
  const own = Float64Array.from(matches.rows, (row) => scores[row]);
  // Equals stay in the order of their pictures, and of their places there.
  const sorted = sortByFallingScore(Uint32Array.from(own.keys()), own);
  const curve = new Curve(matches.count);
  for (let m = 0; m < M; m++) {
    const within = sorted.filter((place) => matches.ranks[place] < maxDetections[m]);
    for (let a = 0; a < A; a++) {
      const objects = matches.objects[a];
      if (objects === 0) continue;
      for (let t = 0; t < T; t++) {
        curve.trace(matches, (a * T + t) * matches.count, within);
        const rest = (matches.index * A + a) * M + m;
        recall.data[t * K * A * M + rest] = curve.found / objects;
        for (let r = 0; r < recallThresholds.length; r++) {
          const entry = (t * recallThresholds.length + r) * K * A * M + rest;
          const reached = curve.reach(recallThresholds[r], objects);
          precision.data[entry] = reached ? curve.precision : 0;
          scoreTable.data[entry] = reached ? own[within[curve.place]] : 0;
        }
      }
    }
  }
}

/** Precision over recall. Recall rises only where something is found, so nothing else is kept. */
class Curve {
  /** How many objects were found. */
  found = 0;
  /** Where the recall asked for last is reached: a place among the detections by score. */
  place = 0;
  /** The best precision at that recall or a higher one. */
  precision = 0;
  #count = 0;
  #next = 0;
  /** Of each find its place, and the best precision from there on. */
  readonly #places: Uint32Array;
  readonly #best: Float64Array;

  constructor(most: number) {
    this.#places = new Uint32Array(most);
    this.#best = new Float64Array(most);
  }

  /**
   * @param first where the detections begin in the table of matches.
   * @param places of the detections that count, by falling score.
   */
  trace({ matched, ignored }: CategoryMatches, first: number, places: Uint32Array): void {
    const best = this.#best;
    let found = 0;
    let wrong = 0;
    for (let i = 0; i < places.length; i++) {
      const entry = first + places[i];
      if (ignored[entry]) continue;
      if (matched[entry] < 0) wrong++;
      else {
        this.#places[found] = i;
        found++;
        best[found - 1] = found / (wrong + found + epsilon);
      }
    }
    for (let i = found - 2; i >= 0; i--) best[i] = Math.max(best[i], best[i + 1]);
    this.found = found;
    this.#count = places.length;
    this.#next = 0;
  }

  /** Looks up a recall, not below the last one. @returns whether it is reached. */
  reach(recall: number, objects: number): boolean {
    while (this.#next < this.found && (this.#next + 1) / objects < recall) this.#next++;
    const found = this.#next < this.found;
    // A recall of nothing is reached by the first detection, right or wrong.
    const anyway = recall <= 0 && this.#count > 0;
    this.place = found && !anyway ? this.#places[this.#next] : 0;
    this.precision = found ? this.#best[this.#next] : 0;
    return found || anyway;
  }
}
