import { type NdArray, ndarray } from '../jit/ndarray.js';
import { resizeBicubic } from './resize.js';
import type { RgbImage } from './rgbImage.js';

/** How pictures become a model's input. Triples are red, green, blue. */
export interface Preprocessing {
  /** In pixels. */
  width: number;
  height: number;
  /** What 0..255 is multiplied by. */
  rescaleFactor: number;
  mean: readonly [number, number, number];
  std: readonly [number, number, number];
}

/** How the 8-bit values of a picture become a model's input. */
export type Normalisation = Pick<Preprocessing, 'rescaleFactor' | 'mean' | 'std'>;

/** CLIP's mean and deviation, for pictures of 0..1. */
export const clipNormalisation = {
  rescaleFactor: 1 / 255,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;

/**
 * Pictures as a model takes them: squashed to `settings.width` x `settings.height` and normalised.
 * @returns float32 [pictures, 3, height, width].
 */
export function preprocess(images: readonly RgbImage[], settings: Preprocessing): NdArray {
  const { width, height } = settings;
  const size = 3 * width * height;
  const batch = new Float32Array(images.length * size);
  images.forEach((image, i) => {
    normalise(
      resizeBicubic(image, width, height),
      settings,
      batch.subarray(i * size, (i + 1) * size),
    );
  });
  return ndarray(batch, [images.length, 3, height, width]);
}

/**
 * Writes a picture's values, normalised in float32, to `target`:
 * (float32(value * rescaleFactor) - mean) / std.
 * @param target [3, height, width] of `canvas`, whose top left corner the picture takes; the rest of it
 *   stays as it is. Default: a canvas of the picture's size.
 */
export function normalise(
  { width, height, data }: RgbImage,
  settings: Normalisation,
  target: Float32Array,
  canvas: { width: number; height: number } = { width, height },
): void {
  const area = canvas.width * canvas.height;
  if (target.length !== 3 * area) {
    throw new RangeError(`${3 * area} values do not fit an array of ${target.length}.`);
  }
  if (width > canvas.width || height > canvas.height) {
    throw new RangeError(
      `A picture of ${width} x ${height} does not fit ${canvas.width} x ${canvas.height}.`,
    );
  }
  for (let channel = 0; channel < 3; channel++) {
    const values = normalisedBytes(settings, channel);
    for (let y = 0; y < height; y++) {
      const row = channel * area + y * canvas.width;
      let source = 3 * y * width + channel;
      for (let x = 0; x < width; x++, source += 3) target[row + x] = values[data[source]];
    }
  }
}

/** What each of the 256 values of a channel becomes, in float32 arithmetic. */
export function normalisedBytes(
  { rescaleFactor, mean, std }: Normalisation,
  channel: number,
): Float32Array {
  const f = Math.fround;
  return Float32Array.from(
    { length: 256 },
    (_, value) => f(f(value * rescaleFactor) - f(mean[channel])) / f(std[channel]),
  );
}
