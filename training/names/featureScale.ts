import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { featureWidth } from '../../src/photos/cropArchitecture.js';
import type { CropTable } from './cropTable.js';

/** What added classes take off the features of crops, and divide them by: [1280] each. */
export interface FeatureScale {
  mean: NdArray;
  std: NdArray;
}

/** Mean and standard deviation of the features of all records, each seen as it is. */
export function featureScale({ features, crops }: CropTable): FeatureScale {
  const sums = new Float64Array(featureWidth);
  const squares = new Float64Array(featureWidth);
  for (const crop of crops) {
    for (let i = 0; i < featureWidth; i++) {
      const value = features[crop * featureWidth + i];
      sums[i] += value;
      squares[i] += value * value;
    }
  }
  const mean = sums.map((sum) => sum / crops.length);
  const std = squares.map((sum, i) => Math.sqrt(Math.max(0, sum / crops.length - mean[i] ** 2)));
  return {
    mean: ndarray(Float32Array.from(mean), [featureWidth]),
    std: ndarray(Float32Array.from(std), [featureWidth]),
  };
}
