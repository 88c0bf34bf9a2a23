import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { readFgClipConfig } from '../../src/fgclip/config.js';
import { withImageSize } from '../../src/fgclip/imageSize.js';
import { visionPositions } from '../../src/fgclip/vision.js';
import { jit } from '../../src/jit/index.js';
import type { Parameters } from '../../src/nn/transformer.js';
import { goldenFile, largestDifference } from '../golden.js';

test('a model made for another picture size has the positions that interpolation gives', async () => {
  const config = readFgClipConfig(goldenFile('fgclip-tiny', 'config.json'));
  const parameters = Object.fromEntries(
    openSafetensors(goldenFile('fgclip-tiny', 'model.safetensors')),
  );
  for (const patches of [3, 9]) {
    const imageSize = patches * config.vision.patchSize;
    const resized = withImageSize(config, parameters, imageSize);
    const interpolated = await jit((weights: Parameters) =>
      visionPositions(weights, config.vision, { rows: patches, columns: patches }),
    )(parameters);
    const name = 'vision_model.embeddings.position_embedding.weight';
    expect(largestDifference(resized.parameters[name], interpolated)).toBeLessThan(1e-5);
    expect(resized.config.vision.imageSize).toBe(imageSize);
  }
});
