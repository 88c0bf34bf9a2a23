import { z } from 'zod';
import type { ServerContext } from './context.js';
import type { Routes } from './zodRoutes.js';

const answer = z.object({
  model: z.string(),
  weights: z.string().meta({ description: 'A digest of them, which examples are bound to' }),
  threshold: z.number(),
  heatmaps: z.boolean().meta({ description: 'Whether the model has heat maps' }),
  limits: z.object({
    bodyBytes: z.int(),
    pixels: z.int(),
    images: z.int(),
    prompts: z.int(),
    promptCharacters: z.int(),
  }),
  formats: z.array(z.string()),
  labels: z.array(z.string()),
  review: z.boolean(),
  rounds: z.boolean().meta({ description: 'Whether pictures under review can be looked at anew' }),
});

export interface SettingsOptions {
  /** Names of the formats that labels can be had in. */
  formats: readonly string[];
  /** Whether there are pictures to review. */
  review: boolean;
  /** Whether those can be looked at anew. */
  rounds: boolean;
}

/** GET /v1/settings: what a page has to know of the server. */
export const settingsRoutes: Routes<ServerContext & SettingsOptions> = (server, context, done) => {
  const { model, detector, limits, labels, formats, review, rounds } = context;
  const { bodyBytes, pixels, images, prompts, promptCharacters } = limits;
  server.get(
    '/v1/settings',
    { schema: { summary: 'The model, and what requests may be', response: { 200: answer } } },
    async () => ({
      model,
      weights: await detector.weights(),
      threshold: detector.settings.threshold,
      heatmaps: detector.hasHeatmaps,
      limits: { bodyBytes, pixels, images, prompts, promptCharacters },
      formats,
      // As people write them on the page: the name, then other phrasings.
      labels: labels.map(({ label, phrasings = [] }) =>
        [...new Set([label, ...phrasings])].join('|'),
      ),
      review,
      rounds,
    }),
  );
  done();
};
