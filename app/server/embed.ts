import pMap from 'p-map';
import { z } from 'zod';
import type { ServerContext } from './context.js';
import { imageBytes } from './imageInput.js';
import { jsonField, repeated } from './multipart.js';
import { askingSchemas, rounded } from './schemas.js';
import { partOf, visitOf } from './visit.js';
import type { Routes } from './zodRoutes.js';

const together = 4;
const digits = 6;

/** POST /v1/embed */
export const embedRoutes: Routes<ServerContext> = (server, context, done) => {
  const { limits, model, work, fetcher } = context;
  const { phrase, images, files } = askingSchemas(limits);
  const length = z.enum(['short', 'long']).optional();
  const texts = z.array(phrase).min(1).max(limits.prompts);
  const body = z
    .strictObject({ images: images.optional(), texts: texts.optional(), length })
    .refine((given) => given.images !== undefined || given.texts !== undefined, {
      error: 'give images, texts or both',
    })
    .meta({ anyOf: [{ required: ['images'] }, { required: ['texts'] }] });
  const form = z
    .strictObject({
      image: files,
      texts: z
        .union([jsonField(texts), repeated(z.string().min(1), limits.prompts).pipe(texts)])
        .optional(),
      length,
    })
    .transform(({ image, ...rest }) => ({ images: image, ...rest }));
  const vectors = z.array(z.array(z.number()));
  const answer = z.object({
    model: z.string(),
    dimension: z.int(),
    images: vectors,
    texts: vectors,
    scores: vectors.optional(),
  });
  server.post(
    '/v1/embed',
    {
      bodyLimit: limits.bodyBytes,
      config: { works: true, form },
      schema: {
        summary: 'Features of whole pictures and of texts, of length one, in one space',
        description:
          'With FG-CLIP 2, scores has a row for each picture: how well each text fits it, 0 to 1, by itself. Captions of ' +
          'more than 64 tokens are long ones, also where length is not "long".',
        body,
        response: { 200: answer },
      },
    },
    async (request) => {
      const { images = [], texts = [], length } = request.body;
      const visit = visitOf(request);
      const ofImages = await pMap(
        images,
        (image) =>
          partOf(visit, async (part) =>
            work.imageFeatures(await imageBytes(image, fetcher, part), part.signal),
          ),
        { concurrency: together },
      );
      const ofTexts = texts.length > 0 ? await work.textFeatures(texts, length, visit.signal) : [];
      const dimension = (ofImages[0] ?? ofTexts[0]).length;
      const scores = work.globalScores(ofImages, ofTexts)?.map(plain);
      return {
        ...{ model, dimension, images: ofImages.map(plain), texts: ofTexts.map(plain) },
        ...(scores && { scores }),
      };
    },
  );
  done();
};

function plain(vector: Float32Array): number[] {
  return Array.from(vector, (value) => rounded(value, digits));
}
