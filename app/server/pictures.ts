import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { EncodedImage } from '../../detectors/encodedImage.js';
import { joinedExamples } from '../../detectors/examples.js';
import { savedExamples, savedExamplesSchema } from '../../detectors/examplesFile.js';
import type { Size } from '../../detectors/scales.js';
import type { Box } from '../../src/geometry/boxes.js';
import { askedOf } from './asked.js';
import { readExamples, readPrompts } from './askedExamples.js';
import type { ServerContext } from './context.js';
import { Refusal } from './errors.js';
import { imageBytes } from './imageInput.js';
import {
  adviceSchema,
  askingSchemas,
  boxSchema,
  imageForm,
  imageSchema,
  lookedSchema,
  rounded,
} from './schemas.js';
import { visitOf } from './visit.js';
import type { Routes } from './zodRoutes.js';

const params = z.object({ id: z.string().max(100) });

/** /v1/pictures: pictures that are encoded once, and asked of again and again. */
export const pictureRoutes: Routes<ServerContext> = (server, context, done) => {
  const { limits, work, fetcher } = context;
  const { phrase, prompts, options, examples } = askingSchemas(limits);
  const boxes = z.array(boxSchema).max(limits.exampleBoxes);
  const bodyLimit = Math.min(limits.textBytes + limits.exampleBytes, limits.bodyBytes);
  const kept = new LRUCache<string, EncodedImage>({
    max: limits.keptPictures,
    ttl: limits.keptMs,
    updateAgeOnGet: true,
  });
  const keptOf = (id: string): EncodedImage => {
    const picture = kept.get(id);
    if (picture) return picture;
    throw new Refusal(404, 'There is no such picture here any more: send it again.');
  };
  server.addHook('onClose', async () => kept.clear());

  server.post(
    '/v1/pictures',
    {
      bodyLimit: limits.bodyBytes,
      config: { works: true, form: imageForm },
      schema: {
        summary: 'Keep a picture for a while, so that it can be asked of at once',
        body: z.strictObject({ image: imageSchema }),
        response: { 201: z.object({ id: z.string(), width: z.int(), height: z.int() }) },
      },
    },
    async (request, reply) => {
      const visit = visitOf(request);
      const file = await imageBytes(request.body.image, fetcher, visit);
      const encoded = await work.encode(file, visit.signal);
      const id = randomUUID();
      kept.set(id, encoded);
      return reply.code(201).send({ id, width: encoded.width, height: encoded.height });
    },
  );

  server.post(
    '/v1/pictures/:id/detect',
    {
      bodyLimit,
      config: { works: true },
      schema: {
        summary: 'Find what prompts describe in a kept picture',
        params,
        body: z.strictObject({ prompts, options: options.omit({ tiles: true }).default({}) }),
        response: { 200: lookedSchema.extend({ advice: adviceSchema }) },
      },
    },
    async (request) => {
      const picture = keptOf(request.params.id);
      const { prompts, options } = request.body;
      const asked = askedOf(await readPrompts(prompts, limits), options, context);
      const { signal } = visitOf(request);
      const looked = await work.detect(picture, asked.prompts, asked.options, signal);
      const advice = await work.advice(asked.prompts, asked.options.negatives, signal);
      return { ...looked, advice };
    },
  );

  server.post(
    '/v1/pictures/:id/heatmap',
    {
      config: { works: true },
      schema: {
        summary: 'Where a kept picture shows a phrase',
        params,
        body: z.strictObject({ phrase }),
        response: {
          200: z.object({
            rows: z.int(),
            columns: z.int(),
            map: z.array(z.number().min(0).max(1)),
          }),
        },
      },
    },
    async (request) => {
      const picture = keptOf(request.params.id);
      const { map, ...size } = await work.heatmap(
        picture,
        request.body.phrase,
        visitOf(request).signal,
      );
      return { ...size, map: Array.from(map, (value) => rounded(value, 4)) };
    },
  );

  server.post(
    '/v1/pictures/:id/look-alikes',
    {
      config: { works: true },
      schema: {
        summary: 'What a region of a kept picture looks most like',
        params,
        body: z.strictObject({ box: boxSchema, count: z.int().min(1).max(100).optional() }),
        response: {
          200: z.object({
            lookAlikes: z.array(z.object({ name: z.string(), probability: z.number() })),
          }),
        },
      },
    },
    async (request) => {
      const picture = keptOf(request.params.id);
      const { box, count } = request.body;
      checkInside(box, picture, 'The box');
      const found = await work.ask(
        (detector) => detector.lookAlikes(picture, box, count),
        visitOf(request).signal,
      );
      return {
        lookAlikes: found.map(({ name, probability }) => ({
          name,
          probability: rounded(probability, 4),
        })),
      };
    },
  );

  server.post(
    '/v1/pictures/:id/examples',
    {
      bodyLimit,
      config: { works: true },
      schema: {
        summary: 'What boxes of a kept picture look like, to find more like them',
        description:
          'The answer goes into the `examples` of a prompt, here or elsewhere; it is also what `fgdet examples` writes ' +
          'to a file. With `examples`, the boxes are added to those.',
        params,
        body: z.strictObject({
          label: phrase,
          shown: boxes.default([]).meta({ description: 'What shows the label' }),
          unlike: boxes.default([]).meta({ description: 'What does not, though it looks alike' }),
          examples: examples.default([]),
        }),
        response: { 200: savedExamplesSchema },
      },
    },
    async (request) => {
      const picture = keptOf(request.params.id);
      const { label, shown, unlike, examples: saved } = request.body;
      for (const [name, list] of Object.entries({ shown, unlike })) {
        for (const [i, box] of list.entries()) checkInside(box, picture, `${name}[${i}]`);
      }
      const sets = await readExamples(saved, 'examples', limits);
      const made = await work.ask(
        (detector) => detector.examplesIn(picture, { shown, unlike }),
        visitOf(request).signal,
      );
      const joined = joinedExamples([...sets, made]);
      return savedExamples({ label, phrasings: saved[0]?.phrasings ?? [], examples: joined });
    },
  );

  server.delete(
    '/v1/pictures/:id',
    { schema: { summary: 'Forget a kept picture', params, response: { 204: z.null() } } },
    async (request, reply) => {
      keptOf(request.params.id);
      kept.delete(request.params.id);
      return reply.code(204).send();
    },
  );
  done();
};

/** @throws Refusal for a box that shows nothing of the picture. */
function checkInside({ xmin, ymin, xmax, ymax }: Box, { width, height }: Size, what: string): void {
  const hasArea = xmin < xmax && ymin < ymax;
  if (hasArea && xmax > 0 && ymax > 0 && xmin < width && ymin < height) return;
  throw new Refusal(400, `${what} has no area inside the picture.`);
}
