import { unitVectors } from '../../src/unitVectors.js';
import type { Features } from '../features.js';
import type { RegionFeatures } from './regionFeatures.js';

/** What the classes of a crop weigh beside those of the boxes' network. */
const cropWeight = 0.5;

/**
 * What regions look like, in the space of names: those of one thing lie close together there, whatever it is called.
 * A region's look is the sum of its classes' names, weighed by how much it looks like each.
 */
export class RegionLooks {
  readonly #anchors: Float32Array;
  readonly #background: Float32Array;

  /**
   * @param anchors centred unit vectors of the classes' names, those of the boxes' network first: [classes, width].
   * @param background the mean look of regions that show nothing in particular: [width].
   */
  constructor(anchors: Float32Array, background: Float32Array) {
    this.#anchors = anchors;
    this.#background = background;
  }

  get width(): number {
    return this.#background.length;
  }

  /** The look of a region: a unit vector, [width]. */
  of({ scores, classes }: RegionFeatures): Float32Array {
    const look = unit(this.#sum(scores, 0));
    if (!classes) return look;
    const crop = unit(this.#sum(classes, scores.length));
    return unit(look.map((value, i) => value + cropWeight * crop[i]));
  }

  /** What sets a look apart from the background: a unit vector. */
  apart(look: Float32Array): Float32Array {
    return unit(look.map((value, i) => value - this.#background[i]));
  }

  /** What several looks have in common: a unit vector. */
  common({ values, count, dimension }: Features): Float32Array {
    const sum = new Float32Array(dimension);
    for (let row = 0; row < count; row++) {
      const own = this.apart(values.subarray(row * dimension, (row + 1) * dimension));
      for (let i = 0; i < dimension; i++) sum[i] += own[i];
    }
    return unit(sum);
  }

  #sum(weights: Float32Array, first: number): Float32Array {
    const { width } = this;
    const sum = new Float32Array(width);
    for (let row = 0; row < weights.length; row++) {
      if (weights[row] === 0) continue;
      const start = (first + row) * width;
      for (let i = 0; i < width; i++) sum[i] += weights[row] * this.#anchors[start + i];
    }
    return sum;
  }
}

function unit(vector: Float32Array): Float32Array {
  return unitVectors(vector, vector.length);
}
