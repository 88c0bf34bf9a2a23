import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkJson, readJson } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import { countTo, modelBounds } from '../modelBounds.js';
import { clipNormalisation, type Normalisation, type Preprocessing } from './preprocess.js';

const triple = z.tuple([z.number(), z.number(), z.number()]);

/**
 * The fields that say how values are normalised.
 * @param usual mean and deviation, for pictures of 0..1, where a file says none.
 */
export function normalisationFields(usual: Normalisation) {
  return {
    do_rescale: z.boolean().default(true),
    rescale_factor: z.number().positive().default(usual.rescaleFactor),
    do_normalize: z.boolean().default(true),
    image_mean: triple.default([...usual.mean]),
    image_std: triple
      .refine((values) => values.every((value) => value > 0), 'must be above zero')
      .default([...usual.std]),
  };
}

type NormalisationFields = z.output<z.ZodObject<ReturnType<typeof normalisationFields>>>;

export function normalisationOf(config: NormalisationFields): Normalisation {
  return {
    rescaleFactor: config.do_rescale ? config.rescale_factor : 1,
    mean: config.do_normalize ? config.image_mean : [0, 0, 0],
    std: config.do_normalize ? config.image_std : [1, 1, 1],
  };
}

const pixels = countTo(modelBounds.side);
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
  ...normalisationFields(clipNormalisation),
});

/**
 * The settings of a Hugging Face preprocessor_config.json (CLIPImageProcessor); what it leaves out is as
 * for CLIP. FG-CLIP squashes a picture to the square that the processor's crop would leave.
 * @param file names the file in errors.
 * @throws UserError naming the file and every bad field.
 */
export function parsePreprocessorConfig(json: unknown, file: string): Preprocessing {
  const config = checkJson(json, schema, file, 'an image processor config');
  const { width, height } = (config.do_center_crop ? config.crop_size : undefined) ?? config.size;
  return { width, height, ...normalisationOf(config) };
}

/**
 * The settings in a model folder's preprocessor_config.json; CLIP's where there is none.
 * @throws UserError naming the file and what is wrong with it.
 */
export function readPreprocessing(folder: string): Preprocessing {
  const file = join(folder, 'preprocessor_config.json');
  return parsePreprocessorConfig(existsSync(file) ? readJson(file, mostBytes.settings) : {}, file);
}

/**
 * The content of a Hugging Face preprocessor_config.json: pictures are squashed to a square by bicubic
 * resizing, without a crop, and normalised as CLIP does.
 * @param size the square's side in pixels.
 */
export function toPreprocessorConfig(size: number): Record<string, unknown> {
  const { rescaleFactor, mean, std } = clipNormalisation;
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: { height: size, width: size },
    resample: 3,
    do_center_crop: false,
    do_rescale: true,
    rescale_factor: rescaleFactor,
    do_normalize: true,
    image_mean: mean,
    image_std: std,
  };
}
