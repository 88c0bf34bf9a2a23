import pMap from 'p-map';
import { z } from 'zod';
import { askedOf } from './asked.js';
import { readPrompts } from './askedExamples.js';
import type { ServerContext } from './context.js';
import { type ErrorBody, errorBody, refusalOf } from './errors.js';
import { imageBytes } from './imageInput.js';
import type { Looked } from './pictureWork.js';
import {
  adviceSchema,
  askingSchemas,
  errorSchema,
  type ImageInput,
  imageSchema,
  lookedSchema,
} from './schemas.js';
import { partOf, visitOf } from './visit.js';
import type { Routes } from './zodRoutes.js';

/** Pictures of one request that are dealt with at the same time. */
const together = 4;

/** POST /v1/detect */
export const detectRoutes: Routes<ServerContext> = (server, context, done) => {
  const { limits, model, work, fetcher } = context;
  const schemas = askingSchemas(limits);
  const body = z
    .strictObject({
      image: imageSchema.optional(),
      images: schemas.images.optional(),
      prompts: schemas.prompts,
      options: schemas.options.default({}),
    })
    .refine(({ image, images }) => (image === undefined) !== (images === undefined), {
      error: 'give one of image and images',
    })
    .meta({ oneOf: [{ required: ['image'] }, { required: ['images'] }] });
  const form = z
    .strictObject({
      image: schemas.files,
      prompts: schemas.promptFields,
      options: schemas.optionsField.default({}),
    })
    .transform(({ image, ...rest }) => ({ images: image, ...rest }));
  const answer = z.object({
    model: z.string(),
    results: z.array(z.union([lookedSchema, errorSchema])),
    advice: adviceSchema,
  });
  server.post(
    '/v1/detect',
    {
      bodyLimit: limits.bodyBytes,
      config: { works: true, form },
      schema: {
        summary: 'Find what prompts describe in pictures',
        body,
        response: { 200: answer },
      },
    },
    async (request) => {
      const { image, images = [image!], prompts, options } = request.body;
      const asked = askedOf(await readPrompts(prompts, limits), options, context);
      const visit = visitOf(request);
      const look = (input: ImageInput): Promise<Looked> =>
        partOf(visit, async (part) => {
          const file = await imageBytes(input, fetcher, part);
          return work.detect(file, asked.prompts, asked.options, part.signal);
        });
      const answered = async (results: (Looked | ErrorBody)[]) => {
        const { negatives } = asked.options;
        const advice = await work.advice(asked.prompts, negatives, visit.signal);
        return { model, results, advice };
      };
      if (images.length === 1) return answered([await look(images[0])]);
      const lookOrTell = (input: ImageInput): Promise<Looked | ErrorBody> =>
        look(input).catch(failureOf);
      return answered(await pMap(images, lookOrTell, { concurrency: together }));
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
