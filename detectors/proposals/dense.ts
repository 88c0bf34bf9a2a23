import { boxContainment, boxIou, type Xyxy } from '../../src/geometry/boxes.js';
import { nms } from '../../src/geometry/nms.js';
import { dotProducts, type Features } from '../features.js';
import type { DenseMap } from '../regions/pool.js';
import { Enclosure } from './enclosure.js';
import { SummedMap } from './summedMap.js';
import { cells, windows } from './windows.js';

/** A proposed region, in cells of the map it was found on. */
export interface Proposal {
  box: Xyxy;
  /** Tells how well boxes about here enclose what stands out. */
  enclosure: Enclosure;
}

const { max } = Math;

/** Of the best window's fit, what another needs to be looked at: with less it would score nothing. */
const leastFit = 0.3;
/** Patches on an object's border stand out less: from this share of the peak on they count as fully part. */
const wholeShare = 0.65;
/** Windows of one prompt that overlap more than this are one proposal. */
const mostOverlap = 0.5;
const mostContainment = 0.9;

/**
 * Proposes regions of one picture from its patch features alone. Of all windows, those are proposed whose
 * mean feature points most into a prompt's direction and that best enclose the patches which do: a single
 * patch of a small model seldom tells what it belongs to, a whole object's patches together do.
 */
export class DenseProposer {
  readonly #map: DenseMap;
  readonly #windows: Regions;
  readonly #patches: Regions;

  constructor(map: DenseMap) {
    this.#map = map;
    this.#windows = regions(map, windows(map.rows, map.columns));
    this.#patches = regions(map, cells(map.rows, map.columns));
  }

  /**
   * @param directions what to look for: vectors in the space of the features. A region counts by the
   *   one that it fits best.
   * @returns up to `most` regions, the likeliest first.
   */
  propose(directions: Features, most: number): Proposal[] {
    const sums = this.#sumsAlong(directions);
    const standout = fits(this.#patches, sums).map((fit) => max(fit, 0));
    const enclosures = new EnclosuresByPeak(standout, this.#map);
    const proposals: Proposal[] = [];
    const worths: number[] = [];
    const windowFits = fits(this.#windows, sums);
    const best = windowFits.reduce((most, fit) => max(most, fit), 0);
    windowFits.forEach((fit, i) => {
      if (fit <= leastFit * best) return;
      const box = this.#windows.boxes[i];
      const enclosure = enclosures.at(box);
      if (!enclosure) return;
      proposals.push({ box, enclosure });
      worths.push(fit * enclosure.of(box));
    });
    const boxes = proposals.map(({ box }) => box);
    const overlap = (a: Xyxy, b: Xyxy) =>
      max(boxIou(a, b) / mostOverlap, boxContainment(a, b) / mostContainment);
    return nms(boxes, worths, 1, overlap, most).map((index) => proposals[index]);
  }

  /** For each direction, the sums over boxes of the patch features' parts along it. */
  #sumsAlong(directions: Features): SummedMap[] {
    const { rows, columns, features } = this.#map;
    const { count } = directions;
    const products = dotProducts(features, directions);
    return Array.from({ length: count }, (_, direction) => {
      const along = new Float32Array(features.count);
      for (let i = 0; i < along.length; i++) along[i] = products[i * count + direction];
      return new SummedMap(along, rows, columns);
    });
  }
}

/** Boxes of whole cells, and the lengths of the sums of their patch features. */
interface Regions {
  boxes: readonly Xyxy[];
  lengths: Float64Array;
}

function regions({ rows, columns, features }: DenseMap, boxes: readonly Xyxy[]): Regions {
  const { dimension, count, values } = features;
  const squares = new Float64Array(boxes.length);
  const channel = new Float32Array(count);
  for (let i = 0; i < dimension; i++) {
    for (let patch = 0; patch < count; patch++) channel[patch] = values[patch * dimension + i];
    const sums = new SummedMap(channel, rows, columns);
    boxes.forEach((box, at) => {
      squares[at] += sums.sumOfCells(box) ** 2;
    });
  }
  return { boxes, lengths: squares.map(Math.sqrt) };
}

/** The unit mean feature's largest part along any direction, for each region. */
function fits({ boxes, lengths }: Regions, sums: readonly SummedMap[]): Float32Array {
  const fit = new Float32Array(boxes.length).fill(-1);
  for (const sum of sums) {
    boxes.forEach((box, i) => {
      if (lengths[i] > 0) fit[i] = max(fit[i], sum.sumOfCells(box) / lengths[i]);
    });
  }
  return fit;
}

/** How well boxes enclose what stands out on a map, by the highest value inside. */
class EnclosuresByPeak {
  readonly #standout: Float32Array;
  readonly #map: DenseMap;
  readonly #made = new Map<number, Enclosure>();

  constructor(standout: Float32Array, map: DenseMap) {
    this.#standout = standout;
    this.#map = map;
  }

  /** Undefined where nothing inside the box stands out. */
  at(box: Xyxy): Enclosure | undefined {
    const { rows, columns } = this.#map;
    const peak = peakIn(this.#standout, columns, box);
    if (peak === 0) return undefined;
    const known = this.#made.get(peak);
    if (known) return known;
    const enclosure = new Enclosure(this.#standout, rows, columns, peak * wholeShare);
    this.#made.set(peak, enclosure);
    return enclosure;
  }
}

function peakIn(values: Float32Array, columns: number, [x1, y1, x2, y2]: Xyxy): number {
  let peak = 0;
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) peak = max(peak, values[y * columns + x]);
  }
  return peak;
}
