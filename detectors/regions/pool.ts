import type { Xyxy } from '../../src/geometry/boxes.js';
import { roiWeights } from '../../src/nn/roiWeights.js';
import { type Features, features } from '../features.js';

/** Patch features of a picture, row by row. */
export interface DenseMap {
  readonly features: Features;
  readonly rows: number;
  readonly columns: number;
}

/** RoIAlign to 1×1 of boxes in the map's units (a patch is 1 × 1): one feature per box. */
export function poolRegions(map: DenseMap, boxes: readonly Xyxy[]): Features {
  const { rows, columns } = map;
  const { dimension, values } = map.features;
  const { rowWeights, columnWeights } = roiWeights(Float32Array.from(boxes.flat()), rows, columns);
  const pooled = new Float32Array(boxes.length * dimension);
  for (let box = 0; box < boxes.length; box++) {
    const sums = pooled.subarray(box * dimension, (box + 1) * dimension);
    for (let row = 0; row < rows; row++) {
      const rowWeight = rowWeights[box * rows + row];
      if (rowWeight === 0) continue;
      for (let column = 0; column < columns; column++) {
        const weight = rowWeight * columnWeights[box * columns + column];
        if (weight === 0) continue;
        const start = (row * columns + column) * dimension;
        for (let i = 0; i < dimension; i++) sums[i] += weight * values[start + i];
      }
    }
  }
  return features(pooled, dimension);
}
