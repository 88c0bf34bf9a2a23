import { type NdArray, ndarray } from '../jit/ndarray.js';
import type { VisionConfig } from './config.js';

/** About what the patch embedding makes of a picture of unit variance. */
const strength = 0.4;

/**
 * Positions of the vision tower as sines and cosines of rows and of columns, at wavelengths from four
 * patches to eight times the grid; zero for the class token.
 * @returns [1 + patches, width]
 */
export function sinePositions({ hiddenSize, imageSize, patchSize }: VisionConfig): NdArray {
  const grid = imageSize / patchSize;
  const waves = Math.floor(hiddenSize / 4);
  const values = new Float32Array((1 + grid * grid) * hiddenSize);
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      const start = (1 + row * grid + column) * hiddenSize;
      for (let wave = 0; wave < waves; wave++) {
        const length = 4 * (2 * grid) ** (wave / waves);
        for (const [i, place] of [row, column].entries()) {
          const phase = (2 * Math.PI * place) / length;
          values[start + 4 * wave + 2 * i] = strength * Math.sin(phase);
          values[start + 4 * wave + 2 * i + 1] = strength * Math.cos(phase);
        }
      }
    }
  }
  return ndarray(values, [1 + grid * grid, hiddenSize]);
}
