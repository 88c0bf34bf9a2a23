import { product } from './product.js';

const { exp, max, sqrt } = Math;

/**
 * A text as the model for photographs understands it: how alike it is to the name of each class, those of
 * the boxes' network first, then those of crops.
 */
export interface NameRow {
  /** Centred unit vector. */
  text: Float32Array;
  /** f′ = f / max f, where f = exp(τ · (cosine − 1)): [classes]. A region's features times it are the score x. */
  likeness: Float32Array;
  /** max f / √Σf. The score times it is r·φ, by which the names of one region are compared. */
  ranking: number;
  /** The largest likeness to a class of crops. */
  mostOfCrop: number;
  /** The class whose name is nearest, and its cosine: how much the model can know of the text. */
  nearest: number;
  cosine: number;
}

/** What rows are made with. */
export interface RowOptions {
  /** τ. */
  sharpness: number;
  /** How many classes the boxes' network has. */
  boxClasses: number;
}

/**
 * The row of one text.
 * @param text centred unit vector, [width].
 * @param anchors centred unit vectors of the classes' names, [classes, width].
 */
export function nameRow(
  text: Float32Array,
  anchors: Float32Array,
  { sharpness, boxClasses }: RowOptions,
): NameRow {
  const width = text.length;
  const cosines = new Float32Array(anchors.length / width);
  for (let row = 0; row < cosines.length; row++) {
    cosines[row] = product(text, 0, anchors, row * width, width);
  }
  let nearest = 0;
  for (let i = 1; i < cosines.length; i++) if (cosines[i] > cosines[nearest]) nearest = i;
  const cosine = cosines[nearest];
  const likeness = new Float32Array(cosines.length);
  let sum = 0;
  for (let i = 0; i < cosines.length; i++) {
    likeness[i] = exp(sharpness * (cosines[i] - cosine));
    sum += likeness[i];
  }
  let mostOfCrop = 0;
  for (let i = boxClasses; i < likeness.length; i++) mostOfCrop = max(mostOfCrop, likeness[i]);
  // √Σf = √(max f · Σf′), so max f / √Σf = √(max f / Σf′).
  const ranking = sqrt(exp(sharpness * (cosine - 1)) / sum);
  return { text, likeness, ranking, mostOfCrop, nearest, cosine };
}
