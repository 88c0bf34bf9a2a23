import { z } from 'zod';
import type { Limits } from './limits.js';

const share = z.number().min(0).max(1);

export const boxSchema = z.strictObject({
  xmin: z.number(),
  ymin: z.number(),
  xmax: z.number(),
  ymax: z.number(),
});

export const detectionSchema = z.object({ label: z.string(), score: share, box: boxSchema });

export const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** A picture in a request: its file, where a form brought it, or how to get it. */
export const imageSchema = z.union([
  z.string().min(1).meta({ description: 'An http(s) address or a data URI' }),
  z.strictObject({ url: z.url() }),
  z.strictObject({ base64: z.string().min(1).meta({ contentEncoding: 'base64' }) }),
]);

export type ImageInput = z.output<typeof imageSchema> | Uint8Array;

/** The schemas of what is asked of pictures, within a server's limits. */
export function askingSchemas(limits: Limits) {
  const phrase = z.string().min(1).max(limits.promptCharacters);
  const prompt = z.union([
    phrase.meta({ description: '"sofa|couch" is one label in two phrasings' }),
    z.strictObject({
      label: phrase,
      phrasings: z.array(phrase).min(1).max(limits.prompts),
      threshold: share.optional(),
    }),
  ]);
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
      .union([
        tileSize.transform((size) => ({ size })),
        z.strictObject({ size: tileSize, overlap: z.number().min(0).max(0.5).optional() }),
      ])
      .optional(),
  });
  return { phrase, prompts: z.array(prompt).min(1).max(limits.prompts), options };
}

type Asking = ReturnType<typeof askingSchemas>;
export type PromptInput = z.output<Asking['prompts']>[number];
export type OptionsInput = z.output<Asking['options']>;
