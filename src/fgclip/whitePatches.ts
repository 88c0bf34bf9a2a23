import { type NdArray, ndarray } from '../jit/ndarray.js';
import type { Random } from '../random.js';
import type { VisionConfig } from './config.js';

/** Brightness, red against blue, and green against both, with what their waves are scaled by. */
const opponents = [
  { weights: [1, 1, 1], gain: 0.1 },
  { weights: [1, 0, -1], gain: 0.25 },
  { weights: [1, -2, 1], gain: 0.4 },
];

/** Deviation of the random sums, for outputs of about the strength of `sinePositions`. */
const deviation = 0.1;

/**
 * A patch embedding under which mean brightness does not hide shape: random sums of a patch's cosine
 * waves, each first scaled by the inverse of what it usually is in pictures, which falls with its
 * frequency and is smaller in colour than in brightness.
 * @returns [width, channels, patch, patch], for normalised RGB.
 */
export function whitePatches(
  { hiddenSize, patchSize, channels }: VisionConfig,
  { normal }: Random,
): NdArray {
  const waves = whiteWaves(patchSize, channels);
  const size = channels * patchSize * patchSize;
  const values = new Float32Array(hiddenSize * size);
  for (let output = 0; output < hiddenSize; output++) {
    const row = values.subarray(output * size, (output + 1) * size);
    const shares = Float32Array.from(waves, () => deviation * normal());
    waves.forEach((wave, w) => {
      for (let i = 0; i < size; i++) row[i] += shares[w] * wave[i];
    });
  }
  return ndarray(values, [hiddenSize, channels, patchSize, patchSize]);
}

/** The orthonormal cosine waves of a patch in three opponent colours, scaled; each [channels, side, side]. */
function whiteWaves(side: number, channels: number): Float32Array[] {
  const cosine = (frequency: number, place: number) =>
    Math.sqrt((frequency === 0 ? 1 : 2) / side) *
    Math.cos((Math.PI * (2 * place + 1) * frequency) / (2 * side));
  const frequencies = Array.from({ length: side }, (_, i) => i);
  return opponents.flatMap(({ weights, gain }) =>
    frequencies.flatMap((down) =>
      frequencies.map((across) => {
        // A wave's coefficient grows with the side of the patch.
        const size = gain * (8 / side) * (1 + Math.hypot(down, across));
        const scale = size / Math.hypot(...weights);
        return Float32Array.from({ length: channels * side * side }, (_, i) => {
          const row = Math.floor(i / side) % side;
          const weight = weights[Math.floor(i / (side * side))] ?? 0;
          return scale * weight * cosine(down, row) * cosine(across, i % side);
        });
      }),
    ),
  );
}
