import { type NdArray, ndarray } from '../jit/ndarray.js';
import { bicubicMatrix } from '../nn/bicubic.js';
import type { FgClipConfig } from './config.js';

const positionsName = 'vision_model.embeddings.position_embedding.weight';

/**
 * The same model made for pictures of another size: its positions are interpolated once, as they are for
 * each picture of a size that is not the model's own, and can then be trained at that size.
 * @param imageSize side in pixels, a multiple of the patch size
 */
export function withImageSize(
  config: FgClipConfig,
  parameters: Readonly<Record<string, NdArray>>,
  imageSize: number,
): { config: FgClipConfig; parameters: Record<string, NdArray> } {
  const { patchSize, imageSize: from, hiddenSize } = config.vision;
  const [before, after] = [from / patchSize, imageSize / patchSize];
  const stored = parameters[positionsName].data;
  const matrix = bicubicMatrix(before, after);
  const positions = new Float32Array((1 + after * after) * hiddenSize);
  positions.set(stored.subarray(0, hiddenSize));
  for (let place = 0; place < after * after; place++) {
    const [row, column] = [Math.floor(place / after), place % after];
    const target = positions.subarray((1 + place) * hiddenSize, (2 + place) * hiddenSize);
    for (let source = 0; source < before * before; source++) {
      const weight =
        matrix[row * before + Math.floor(source / before)] *
        matrix[column * before + (source % before)];
      if (weight === 0) continue;
      const start = (1 + source) * hiddenSize;
      for (let i = 0; i < hiddenSize; i++) target[i] += weight * stored[start + i];
    }
  }
  return {
    config: { ...config, vision: { ...config.vision, imageSize } },
    parameters: {
      ...parameters,
      [positionsName]: ndarray(positions, [1 + after * after, hiddenSize]),
    },
  };
}
