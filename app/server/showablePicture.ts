import { z } from 'zod';
import type { ServerContext } from './context.js';
import { imageBytes } from './imageInput.js';
import { imageForm, imageSchema } from './schemas.js';
import { visitOf } from './visit.js';
import type { Routes } from './zodRoutes.js';

/** What every browser shows. */
const shown: Record<string, string> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
};

/**
 * POST /page/picture: a picture in a form that a browser shows. The page itself may fetch nothing from other
 * places, and browsers do not know every format.
 */
export const showablePictureRoutes: Routes<ServerContext> = (server, context, done) => {
  const { fetcher, limits, work } = context;
  server.post(
    '/page/picture',
    {
      bodyLimit: limits.bodyBytes,
      config: { works: true, form: imageForm },
      schema: { hide: true, body: z.strictObject({ image: imageSchema }) },
    },
    async (request, reply) => {
      const visit = visitOf(request);
      const file = await imageBytes(request.body.image, fetcher, visit);
      const { format } = await work.header(file, visit.signal);
      const type = shown[format];
      if (type) return reply.type(type).send(file);
      return reply.type('image/jpeg').send(await work.jpeg(file, visit.signal));
    },
  );
  done();
};
