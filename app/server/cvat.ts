import { z } from 'zod';
import { decimalNumber } from '../../src/decimalNumber.js';
import { askedOf } from './asked.js';
import { base64Bytes, dataUriBytes, isDataUri } from './base64.js';
import type { ServerContext } from './context.js';
import { Refusal } from './errors.js';
import { tellRefusals } from './toolErrors.js';
import { visitOf } from './visit.js';
import type { Routes } from './zodRoutes.js';

// CVAT sends more with some of its versions.
const body = z.looseObject({
  image: z.string().min(1).meta({ contentEncoding: 'base64' }),
  threshold: z
    .union([z.number(), z.string().transform(decimalNumber)])
    .pipe(z.number().min(0).max(1))
    .nullish(),
});

const answer = z.array(
  z.object({
    confidence: z.string(),
    label: z.string(),
    points: z.array(z.number()).length(4),
    type: z.literal('rectangle'),
  }),
);

/** POST /cvat and POST /: the server as a serverless detector of CVAT. */
export const cvatRoutes: Routes<ServerContext> = (
  server,
  { labels, shownLabels, limits, work, log },
  done,
) => {
  tellRefusals(server, 'CVAT', log);
  for (const path of ['/cvat', '/']) {
    server.post(
      path,
      {
        bodyLimit: limits.bodyBytes,
        config: { works: true },
        schema: {
          summary: 'Find the labels of the server, for CVAT',
          body,
          response: { 200: answer },
        },
      },
      async (request) => {
        if (labels.length === 0) {
          throw new Refusal(400, 'The server has no labels: start it with fgdet serve --label.');
        }
        const { image, threshold } = request.body;
        const file = await (isDataUri(image) ? dataUriBytes(image) : base64Bytes(image));
        // Whoever started the server chose the labels.
        const unlimited = { phrasings: Infinity, promptCharacters: Infinity };
        const asked = askedOf(labels, {}, { limits: { ...limits, ...unlimited }, shownLabels });
        // CVAT's threshold is for the run at hand: it comes before those of labels.
        const options = threshold == null ? asked.options : { threshold };
        const looked = await work.detect(file, asked.prompts, options, visitOf(request).signal);
        return looked.detections.map(({ label, score, box }) => ({
          confidence: String(score),
          label,
          points: [box.xmin, box.ymin, box.xmax, box.ymax],
          type: 'rectangle' as const,
        }));
      },
    );
  }
  done();
};
