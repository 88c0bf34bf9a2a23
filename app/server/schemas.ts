import { z } from 'zod';
import type { Detection } from '../../detectors/detector.js';
import { savedExamplesSchema } from '../../detectors/examplesFile.js';
import { hasHalfCharacter } from '../../src/wholeText.js';
import type { Limits } from './limits.js';
import { fileSchema, jsonField, parsed, repeated } from './multipart.js';

const share = z.number().min(0).max(1);

export const boxSchema = z.strictObject({
  xmin: z.number(),
  ymin: z.number(),
  xmax: z.number(),
  ymax: z.number(),
});

const detectionSchema = z.object({ label: z.string(), score: share, box: boxSchema });

export const lookedSchema = z.object({
  width: z.int(),
  height: z.int(),
  detections: z.array(detectionSchema),
});

/** Of prompts that the model understands badly. */
export const adviceSchema = z.array(z.object({ label: z.string(), message: z.string() })).meta({
  description:
    'What a person should know of prompts that the model knows too little about; mostly empty',
});

export const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

// Patterns are for who reads the description: what is wrong is said where pictures are read.
const address = z.string().min(1).meta({
  description: 'An http(s) address, or a data URI in base64',
  pattern: '^([Hh][Tt][Tt][Pp][Ss]?://|[Dd][Aa][Tt][Aa]:[^,]*;[Bb][Aa][Ss][Ee]64,).',
});
const jsonImage = z.union([
  address,
  z.strictObject({ url: address }),
  z.strictObject({
    base64: z.string().min(1).meta({
      contentEncoding: 'base64',
      pattern: '^\\s*[A-Za-z0-9+/_-]\\s*[A-Za-z0-9+/_-][A-Za-z0-9+/_\\s-]*={0,2}\\s*$',
    }),
  }),
]);

/** A picture in a request: its file, where a form brought it, or how to get it. */
export type ImageInput = z.output<typeof jsonImage> | Uint8Array;

/** One picture in JSON. */
export const imageSchema: z.ZodType<ImageInput, z.input<typeof jsonImage>> = jsonImage;

/** A form with one picture. */
export const imageForm = z.strictObject({ image: fileSchema });

/** The schemas of what is asked of pictures, within a server's limits. */
export function askingSchemas(limits: Limits) {
  const phrase = z
    .string()
    .min(1)
    .max(limits.promptCharacters)
    .refine((text) => !hasHalfCharacter(text), 'has half a character');
  const examples = z.array(savedExamplesSchema).max(limits.prompts).meta({
    description: 'Of one label, from /v1/pictures/{id}/examples or `fgdet examples`',
  });
  const prompt = z.union([
    phrase.meta({ description: '"sofa|couch" is one label in two phrasings' }),
    z.strictObject({
      label: phrase,
      phrasings: z.array(phrase).max(limits.prompts).optional(),
      threshold: share.optional(),
      examples: examples.min(1).optional(),
    }),
  ]);
  const prompts = z.array(prompt).min(1).max(limits.prompts);
  const tileSize = z.union([z.literal('auto'), z.int().min(64)]);
  const options = z.strictObject({
    threshold: share.optional(),
    thresholds: z.record(z.string(), share).optional(),
    nms: share.optional(),
    method: z.enum(['hard', 'linear', 'gaussian']).optional(),
    acrossLabels: share.optional(),
    maxDetections: z.int().min(1).max(10_000).optional(),
    maxPerImage: z.int().min(1).max(10_000).optional(),
    negatives: z.array(phrase).max(limits.prompts).optional(),
    tiles: z
      .strictObject({ size: tileSize, overlap: z.number().min(0).max(0.5).optional() })
      .optional(),
  });
  const images = z.array(imageSchema).min(1).max(limits.images);
  /** The prompts in a form: a JSON list, or a field for each. */
  const promptFields = repeated(z.string().min(1), limits.prompts)
    .transform((texts, context) => (/^\s*\[/.test(texts[0]) ? parsed(texts[0], context) : texts))
    .pipe(prompts);
  return {
    phrase,
    examples,
    prompts,
    options,
    images,
    files: repeated(fileSchema, limits.images),
    promptFields,
    optionsField: jsonField(options),
  };
}

export type OptionsInput = z.output<ReturnType<typeof askingSchemas>['options']>;

/** A detection to the digits that mean something. */
export function readable({ label, score, box }: Detection): Detection {
  const { xmin, ymin, xmax, ymax } = box;
  return {
    label,
    score: rounded(score, 4),
    box: {
      xmin: rounded(xmin, 2),
      ymin: rounded(ymin, 2),
      xmax: rounded(xmax, 2),
      ymax: rounded(ymax, 2),
    },
  };
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
