const { exp, sqrt } = Math;

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
  /** The class whose name is nearest, and its cosine: how much the model can know of the text. */
  nearest: number;
  cosine: number;
}

/**
 * The row of one text.
 * @param text centred unit vector, [width].
 * @param anchors centred unit vectors of the classes' names, [classes, width].
 * @param sharpness τ.
 */
export function nameRow(text: Float32Array, anchors: Float32Array, sharpness: number): NameRow {
  const width = text.length;
  const cosines = new Float32Array(anchors.length / width);
  for (let row = 0; row < cosines.length; row++) {
    let sum = 0;
    const start = row * width;
    for (let i = 0; i < width; i++) sum += text[i] * anchors[start + i];
    cosines[row] = sum;
  }
  return rowOfCosines(text, cosines, sharpness);
}

/** The row of a text whose cosine with each class's name is known. */
export function rowOfCosines(
  text: Float32Array,
  cosines: Float32Array,
  sharpness: number,
): NameRow {
  let nearest = 0;
  for (let i = 1; i < cosines.length; i++) if (cosines[i] > cosines[nearest]) nearest = i;
  const cosine = cosines[nearest];
  const likeness = cosines.map((other) => exp(sharpness * (other - cosine)));
  let sum = 0;
  for (const value of likeness) sum += value;
  // √Σf = √(max f · Σf′), so max f / √Σf = √(max f / Σf′).
  return { text, likeness, ranking: sqrt(exp(sharpness * (cosine - 1)) / sum), nearest, cosine };
}

/** The dot product of two vectors: the cosine of unit vectors. */
export function cosineOf(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
