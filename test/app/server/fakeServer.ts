import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify';
import sharp from 'sharp';
import { z } from 'zod';
import type { ReviewBox, ReviewSession } from '../../../app/prelabel/review.js';
import { admitRequests } from '../../../app/server/admission.js';
import { readBodies } from '../../../app/server/bodies.js';
import { guardBrowsers } from '../../../app/server/browserSafety.js';
import { answerErrors, Overloaded, Refusal } from '../../../app/server/errors.js';
import { defaultLimits } from '../../../app/server/limits.js';
import { pageRoutes } from '../../../app/server/pageRoutes.js';
import { reviewRoutes } from '../../../app/server/reviewRoutes.js';
import { imageForm, imageSchema } from '../../../app/server/schemas.js';
import { WorkQueue } from '../../../app/server/workQueue.js';
import { checkWithZod, type ZodTypes } from '../../../app/server/zodRoutes.js';
import type { Detection } from '../../../detectors/detector.js';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { FakeReview } from './fakeReview.js';

/** Where things are in samples/bell.jpg. */
const things: Record<string, [score: number, ...xyxy: number[]][]> = {
  strawberry: [
    [0.95, 120, 44, 256, 202],
    [0.21, 300, 420, 334, 458],
  ],
  'pink rooster': [[0.88, 286, 16, 432, 168]],
  bell: [[0.91, 112, 294, 239, 425]],
  pizza: [[0.4, 338, 192, 481, 354]],
};

/** A server of the page's contract that knows one picture by heart, and can be told to misbehave. */
export class FakeServer {
  /** "POST /v1/pictures" and so on, in order. */
  readonly requests: string[] = [];
  readonly bodies: unknown[] = [];
  address = '';
  /** Requests that are to be turned away first. */
  overloaded = 0;
  /** Milliseconds before an answer to a prompt. */
  delays: Record<string, number> = {};
  /** Whether its model says that it has heat maps. */
  heatmaps = true;
  /** What it says of labels. */
  advice: Record<string, string> = {};
  token: string | undefined;
  readonly #kept = new Set<string>();
  readonly #server: FastifyInstance;

  private constructor(session: ReviewSession | undefined) {
    const server = Fastify().withTypeProvider<ZodTypes>();
    checkWithZod(server as unknown as FastifyInstance);
    answerErrors(server as unknown as FastifyInstance, () => {});
    guardBrowsers(server as unknown as FastifyInstance, { names: 'machine' });
    admitRequests(server as unknown as FastifyInstance, {
      queue: new WorkQueue(defaultLimits),
      limits: defaultLimits,
    });
    readBodies(server as unknown as FastifyInstance, defaultLimits);
    this.#server = server as unknown as FastifyInstance;
    server.addHook('preHandler', async (request) => {
      const { method, url, body, headers } = request;
      if (!url.startsWith('/v1/')) return;
      if (this.token && headers.authorization !== `Bearer ${this.token}`) {
        throw new Refusal(401, 'Say the token.');
      }
      this.requests.push(`${method} ${url.replace(/pictures\/[\w-]+/, 'pictures/:id')}`);
      this.bodies.push(body);
      if (this.overloaded > 0 && method === 'POST') {
        this.overloaded--;
        throw new Overloaded(1);
      }
    });
    server.register(pageRoutes, { health: () => ({ status: 'UP' }) });
    if (session) {
      server.register(reviewRoutes, { session });
      addProposals(this.#server, session);
    }
    server.get('/v1/settings', async () => ({
      model: 'models/fake',
      weights: 'a1',
      threshold: 0.5,
      heatmaps: this.heatmaps,
      limits: {},
      formats: ['coco', 'yolo', 'voc'],
      labels: [],
      review: session !== undefined,
      rounds: session !== undefined,
    }));
    server.post(
      '/v1/pictures',
      { config: { form: imageForm }, schema: { body: z.object({ image: imageSchema }) } },
      async ({ body: { image } }, reply) => {
        if (!(image instanceof Uint8Array)) throw new Refusal(422, 'No file came.');
        const { width, height } = await sharp(image).metadata();
        const id = `p${this.requests.length}`;
        this.#kept.add(id);
        return reply.code(201).send({ id, width, height });
      },
    );
    server.post('/page/picture', async (_request, reply) =>
      reply.type('image/jpeg').send(await readFile(join(packageRoot, 'samples/bell.jpg'))),
    );
    const id = z.object({ id: z.string() });
    const shown = z.object({ shown: z.string(), unlike: z.string() });
    const byExamples = z.looseObject({ label: z.string(), examples: z.array(shown) });
    const asked = z.object({
      prompts: z.array(z.union([z.string(), byExamples])),
      options: z.object({ threshold: z.number() }),
    });
    server.post(
      '/v1/pictures/:id/detect',
      { schema: { params: id, body: asked } },
      async (request) => {
        this.#check(request.params.id);
        const { prompts: all, options } = request.body;
        const prompts = all.filter((prompt) => typeof prompt === 'string');
        const delay = Math.max(0, ...prompts.map((prompt) => this.delays[prompt] ?? 0));
        await new Promise((resolve) => setTimeout(resolve, delay));
        const labels = prompts.map((prompt) => prompt.split('|')[0].trim());
        const alike = all.flatMap((prompt) =>
          typeof prompt === 'string' ? [] : alikeOf(prompt.label, prompt.examples[0]),
        );
        const detections = [...labels.flatMap(detectionsOf), ...alike]
          .filter(({ score }) => score >= options.threshold)
          .sort((a, b) => b.score - a.score);
        const advice = labels
          .filter((label) => label in this.advice)
          .map((label) => ({ label, message: this.advice[label] }));
        return { width: 640, height: 480, detections, advice };
      },
    );
    const phrase = z.object({ phrase: z.string() });
    server.post(
      '/v1/pictures/:id/heatmap',
      { schema: { params: id, body: phrase } },
      async (request) => {
        this.#check(request.params.id);
        const [rows, columns] = [9, 12];
        const map = Array.from({ length: rows * columns }, (_, i) => i / (rows * columns));
        return { rows, columns, map };
      },
    );
    const box = z.object({ box: z.looseObject({}), count: z.number() });
    server.post(
      '/v1/pictures/:id/look-alikes',
      { schema: { params: id, body: box } },
      async (request) => {
        this.#check(request.params.id);
        return {
          lookAlikes: [
            { name: 'strawberry', probability: 0.7 },
            { name: 'tomato', probability: 0.2 },
          ],
        };
      },
    );
    const boxes = z.array(z.looseObject({})).default([]);
    const examples = z.array(shown).default([]);
    const marked = z.object({ label: z.string(), shown: boxes, unlike: boxes, examples });
    server.post(
      '/v1/pictures/:id/examples',
      { schema: { params: id, body: marked } },
      async ({ params, body }) => {
        this.#check(params.id);
        const vectors = (kind: 'shown' | 'unlike') =>
          (body.examples[0]?.[kind] ?? '') + 'AAAAAAAAAAAAAAAA'.repeat(body[kind].length);
        return {
          ...{ format: 'fgdet examples 1', label: body.label, phrasings: [], model: 'a1' },
          ...{ dimension: 3, shown: vectors('shown'), unlike: vectors('unlike'), others: '' },
        };
      },
    );
    server.delete('/v1/pictures/:id', { schema: { params: id } }, async ({ params }, reply) => {
      this.#kept.delete(params.id);
      return reply.code(204).send();
    });
    const labels = z.looseObject({ format: z.string() });
    server.post('/v1/labels', { schema: { body: labels } }, async ({ body }, reply) =>
      reply
        .header('content-disposition', `attachment; filename="bell.${body.format}.json"`)
        .send(body),
    );
  }

  static async start(session?: ReviewSession): Promise<FakeServer> {
    const fake = new FakeServer(session);
    fake.address = await fake.#server.listen({ port: 0, host: '127.0.0.1' });
    return fake;
  }

  /** As new. */
  reset(): void {
    this.evict();
    this.requests.length = 0;
    this.bodies.length = 0;
    this.overloaded = 0;
    this.delays = {};
    this.heatmaps = true;
    this.advice = {};
    this.token = undefined;
  }

  /** Forgets all pictures, as a server does in time. */
  evict(): void {
    this.#kept.clear();
  }

  inject(options: InjectOptions) {
    return this.#server.inject(options);
  }

  async close(): Promise<void> {
    this.#server.server.closeAllConnections();
    await this.#server.close();
  }

  #check(id: string): void {
    if (!this.#kept.has(id)) throw new Refusal(404, 'There is no such picture here any more.');
  }
}

/** More like a box are two, one of which lies where it does; a round takes two questions how far it is. */
function addProposals(server: FastifyInstance, session: ReviewSession): void {
  server.post('/v1/review/:index/more', async ({ body }) => {
    const { label, box } = body as ReviewBox;
    const other = { xmin: 10, ymin: 10, xmax: 90, ymax: 70 };
    return { boxes: [box, other].map((place) => ({ label, score: 0.6, box: place })) };
  });
  let left = 0;
  const round = () => ({ state: left > 0 ? 'looking' : 'done', done: 3 - left, total: 3 });
  server.post('/v1/review/round', async (_request, reply) => {
    left = 2;
    return reply.code(202).send(round());
  });
  server.get('/v1/review/round', async () => {
    if (left > 0 && --left === 0 && session instanceof FakeReview) session.proposeAgain();
    return round();
  });
}

/** All that is shown by examples are strawberries, of which a negative one takes the best away. */
function alikeOf(label: string, { unlike }: { unlike: string }): Detection[] {
  const alike = detectionsOf('strawberry').map((detection) => ({ ...detection, label }));
  return unlike === '' ? alike : alike.slice(1);
}

function detectionsOf(label: string): Detection[] {
  return (things[label] ?? []).map(([score, xmin, ymin, xmax, ymax]) => ({
    label,
    score,
    box: { xmin, ymin, xmax, ymax },
  }));
}
