import { z } from 'zod';
import { clientLeft } from './admission.js';
import { askedOf } from './asked.js';
import type { ServerContext } from './context.js';
import { type ErrorBody, errorBody, refusalOf } from './errors.js';
import { imageBytes } from './imageInput.js';
import type { Looked } from './pictureWork.js';
import { askingSchemas, detectionSchema, errorSchema, imageSchema } from './schemas.js';
import type { Routes } from './zodRoutes.js';

const lookedSchema = z.object({
  width: z.int(),
  height: z.int(),
  detections: z.array(detectionSchema),
});

/** POST /v1/detect */
export const detectRoutes: Routes<ServerContext> = (server, context, done) => {
  const { limits, model, work, fetchFile } = context;
  const { prompts, options } = askingSchemas(limits);
  const body = z
    .strictObject({
      image: imageSchema.optional(),
      images: z.array(imageSchema).min(1).max(limits.images).optional(),
      prompts,
      options: options.optional(),
    })
    .refine(({ image, images }) => (image === undefined) !== (images === undefined), {
      error: 'give one of image and images',
    });
  const answer = z.object({
    model: z.string(),
    results: z.array(z.union([lookedSchema, errorSchema])),
  });
  server.post(
    '/v1/detect',
    {
      config: { works: true },
      schema: {
        summary: 'Find what prompts describe in pictures',
        body,
        response: { 200: answer },
      },
    },
    async (request) => {
      const { image, images = [image!], prompts, options } = request.body;
      const asked = askedOf(prompts, options);
      const signal = clientLeft(request);
      const look = async (input: (typeof images)[number]): Promise<Looked> =>
        work.detect(
          await imageBytes(input, fetchFile, signal),
          asked.prompts,
          asked.options,
          signal,
        );
      if (images.length === 1) return { model, results: [await look(images[0])] };
      const results = await Promise.all(
        images.map((input): Promise<Looked | ErrorBody> => look(input).catch(failureOf)),
      );
      return { model, results };
    },
  );
  done();
};

/** One bad picture of several is told in its place; whatever else goes wrong fails them all. */
function failureOf(error: unknown): ErrorBody {
  const refusal = refusalOf(error);
  if (refusal.status >= 500) throw error;
  return errorBody(refusal);
}
