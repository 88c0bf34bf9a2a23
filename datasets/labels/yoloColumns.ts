import { UserError } from '../../src/errors.js';
import type { YoloRow } from './yoloText.js';

/** What a row says besides its category. */
export interface YoloObject {
  /** Centre, width and height, or the corners of a polygon; as shares. */
  outline: string[];
  keypoints?: string[];
  score?: number;
  /** The number of the track, of an object that was followed through a film. */
  track?: number;
}

/** Trainers take shares up to here. */
const most = 1.01;

/** Whether an outline is a box, rather than a polygon. */
export function isBoxOutline(outline: readonly unknown[]): boolean {
  return outline.length === 4;
}

/**
 * Tells what the columns of rows are. Ultralytics writes boxes or polygons, then keypoints, a score and a track's number,
 * each only where asked for, and the file does not say which are there: "0 0.5 0.5 0.2 0.4 1" ends in a score or a track's
 * number, "0 0.5 0.5 0.2 0.4 0.9 1" is a triangle or a box with both. What one row leaves open the others of the data set
 * may tell.
 */
export class YoloColumns {
  readonly #keypointNumbers: number;
  /** Rows that end in what can only be a score, or a track's number. */
  #scores = 0;
  #tracks = 0;
  /** Rows with an even number of columns that are polygons for certain, and those that end in score and track. */
  #polygons = 0;
  #pairs = 0;
  /** How many columns polygons with one number more can have. */
  readonly #oddLengths = new Set<number>();

  /** @param keypointNumbers how many numbers follow a box, for its keypoints. */
  constructor(keypointNumbers: number) {
    this.#keypointNumbers = keypointNumbers;
  }

  /** To be told of all rows before any is read. */
  learn({ values }: YoloRow): void {
    const { length } = values;
    const last = values[length - 1];
    const isPose = this.#isPose(length);
    if (length < 5 || (isPose && length !== this.#poseEnd + 1)) return;
    if (isPose || length % 2 === 1) {
      if (isTrackForCertain(last)) this.#tracks++;
      else if (isShare(last) && !Number.isInteger(last)) this.#scores++;
      if (!isPose && length > 5) this.#oddLengths.add(length);
    } else if (!canEndInPair(values)) this.#polygons++;
    else if (isTrackForCertain(last)) this.#pairs++;
  }

  /** @throws UserError naming the line, for columns that are unknown or can be read in two ways */
  read({ texts, values, where }: YoloRow): YoloObject {
    const { length } = values;
    if (length < 4) throw wrong(where, length, 'a box has 5');
    if (length === 4) return { outline: texts };
    if (this.#isPose(length)) return this.#readPose(texts, values, where);
    if (length === 5)
      return { outline: texts.slice(0, 4), ...this.#last(texts[4], values[4], where) };
    checkCorners(values, where);
    if (length % 2 === 0) {
      return this.#endsInPair(texts, values, where)
        ? { outline: texts.slice(0, -2), ...pairOf(values) }
        : { outline: texts };
    }
    // Keypoints are as many in each row, the corners of polygons are not.
    if (this.#oddLengths.size < 2) {
      throw wrong(
        where,
        length,
        'boxes with keypoints need kpt_shape in data.yaml, and polygons have an odd number',
      );
    }
    return { outline: texts.slice(0, -1), ...this.#last(texts.at(-1)!, values.at(-1)!, where) };
  }

  get #poseEnd(): number {
    return 4 + this.#keypointNumbers;
  }

  #isPose(length: number): boolean {
    const extra = length - this.#poseEnd;
    return this.#keypointNumbers > 0 && extra >= 0 && extra <= 2;
  }

  #readPose(texts: string[], values: number[], where: string): YoloObject {
    const end = this.#poseEnd;
    const object = { outline: texts.slice(0, 4), keypoints: texts.slice(4, end) };
    if (values.length === end + 2) {
      if (!isPair(values)) throw wrong(where, values.length, 'its last two are no score and track');
      return { ...object, ...pairOf(values) };
    }
    return values.length === end
      ? object
      : { ...object, ...this.#last(texts[end], values[end], where) };
  }

  /** The score or the track's number that a row ends in. */
  #last(text: string, value: number, where: string): Pick<YoloObject, 'score' | 'track'> {
    if (isTrackForCertain(value)) return { track: value };
    if (!isShare(value)) {
      throw new UserError(
        `${where}: the last column, "${text}", is no score of 0..1 and no track's number.`,
      );
    }
    if (!Number.isInteger(value)) return { score: value };
    if (this.#scores > 0 && this.#tracks > 0) {
      throw new UserError(
        `${where}: the last column, "${text}", can be a score or a track's number: other rows have either.`,
      );
    }
    const isScore = this.#scores > 0 || (this.#tracks === 0 && !/^\d+$/.test(text));
    return isScore ? { score: value } : { track: value };
  }

  #endsInPair(texts: string[], values: number[], where: string): boolean {
    if (!canEndInPair(values)) return false;
    if (isTrackForCertain(values[values.length - 1])) return true;
    if (!/^\d+$/.test(texts[texts.length - 1])) return false;
    if (this.#pairs > 0 && this.#polygons > 0) {
      throw new UserError(
        `${where}: can be a polygon, or end in a score and a track's number: other rows are either.`,
      );
    }
    if (this.#pairs > 0) return true;
    // Corners at a picture's edge are common, triangles are not.
    return values.length === 6 && this.#polygons === 0;
  }
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** No share can be that. */
function isTrackForCertain(value: number): boolean {
  return Number.isInteger(value) && value > 1;
}

function isPair(values: readonly number[]): boolean {
  const [score, track] = values.slice(-2);
  return isShare(score) && Number.isInteger(track) && track >= 0;
}

function pairOf(values: readonly number[]): Pick<YoloObject, 'score' | 'track'> {
  const [score, track] = values.slice(-2);
  return { score, track };
}

/** Whether a row with an even number of columns can be an outline, a score and a track's number. */
function canEndInPair(values: readonly number[]): boolean {
  if (!isPair(values) || values.slice(0, -2).some((value) => value > most)) return false;
  return values.length > 6 ? !canEndInKeypoint(values) : isInside(values);
}

/** Whether the last numbers can be a keypoint that is seen, after others of which it is said whether they are. */
function canEndInKeypoint(values: readonly number[]): boolean {
  const seen = values.filter((_, i) => i >= 6 && i % 3 === 0);
  return (
    values.at(-1) === 2 &&
    values.length % 3 === 1 &&
    seen.every((value) => [0, 1, 2].includes(value))
  );
}

/** Whether centre, width and height are those of a box inside the picture. */
function isInside([cx, cy, w, h]: readonly number[]): boolean {
  const reach = (centre: number, side: number) =>
    side > 0 && centre - side / 2 >= 1 - most && centre + side / 2 <= most;
  return reach(cx, w) && reach(cy, h);
}

/** @throws UserError for numbers that no corner has, such as 2 for a keypoint that is seen */
function checkCorners(values: readonly number[], where: string): void {
  if (!values.slice(4, -1).some(isTrackForCertain) && !canEndInKeypoint(values)) return;
  throw wrong(where, values.length, 'boxes with keypoints need kpt_shape in data.yaml');
}

function wrong(where: string, columns: number, why: string): UserError {
  return new UserError(`${where}: has ${columns + 1} columns; ${why}.`);
}
