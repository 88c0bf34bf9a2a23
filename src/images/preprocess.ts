import { z } from 'zod';
import { UserError } from '../errors.js';
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

/** CLIP's mean and deviation, for pictures of 0..1. */
export const clipNormalisation = {
  rescaleFactor: 1 / 255,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;

const pixels = z.int().positive();
const triple = z.tuple([z.number(), z.number(), z.number()]);
const side = z.union([
  pixels.transform((size) => ({ height: size, width: size })),
  z.object({ height: pixels, width: pixels }),
  z.object({ shortest_edge: pixels }).transform((size) => ({
    height: size.shortest_edge,
    width: size.shortest_edge,
  })),
]);
const schema = z.object({
  size: side.default({ height: 224, width: 224 }),
  crop_size: side.optional(),
  do_center_crop: z.boolean().default(true),
  resample: z.literal(3, 'only 3 (bicubic) is supported').default(3),
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().positive().default(clipNormalisation.rescaleFactor),
  do_normalize: z.boolean().default(true),
  image_mean: triple.default([...clipNormalisation.mean]),
  image_std: triple
    .refine((values) => values.every((value) => value > 0), 'must be above zero')
    .default([...clipNormalisation.std]),
});

/**
 * The settings of a Hugging Face preprocessor_config.json (CLIPImageProcessor); what it leaves out is as
 * for CLIP. FG-CLIP squashes a picture to the square that the processor's crop would leave.
 * @param file names the file in errors.
 * @throws UserError naming the file and the field.
 */
export function parsePreprocessorConfig(json: unknown, file: string): Preprocessing {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new UserError(`${file}: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}.`);
  }
  const config = parsed.data;
  const { width, height } = (config.do_center_crop ? config.crop_size : undefined) ?? config.size;
  return {
    width,
    height,
    rescaleFactor: config.do_rescale ? config.rescale_factor : 1,
    mean: config.do_normalize ? config.image_mean : [0, 0, 0],
    std: config.do_normalize ? config.image_std : [1, 1, 1],
  };
}

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
 * Writes a picture's values, normalised in float32, to `target` ([3, height, width]):
 * (float32(value * rescaleFactor) - mean) / std.
 */
export function normalise(
  { width, height, data }: RgbImage,
  settings: Pick<Preprocessing, 'rescaleFactor' | 'mean' | 'std'>,
  target: Float32Array,
): void {
  const area = width * height;
  if (target.length !== 3 * area) {
    throw new RangeError(`${3 * area} values do not fit an array of ${target.length}.`);
  }
  for (let channel = 0; channel < 3; channel++) {
    const values = normalisedBytes(settings, channel);
    const offset = channel * area;
    for (let i = 0; i < area; i++) target[offset + i] = values[data[3 * i + channel]];
  }
}

/** What each of the 256 values of a channel becomes, in float32 arithmetic. */
function normalisedBytes(
  { rescaleFactor, mean, std }: Pick<Preprocessing, 'rescaleFactor' | 'mean' | 'std'>,
  channel: number,
): Float32Array {
  const f = Math.fround;
  return Float32Array.from(
    { length: 256 },
    (_, value) => f(f(value * rescaleFactor) - f(mean[channel])) / f(std[channel]),
  );
}
