import { LRUCache } from 'lru-cache';
import pMap from 'p-map';
import { z } from 'zod';
import {
  type LabelStudioConfig,
  parseLabelStudioConfig,
} from '../../datasets/labels/labelStudioConfig.js';
import { spoken } from '../prelabel/labelDefinitions.js';
import { askedOf } from './asked.js';
import type { ServerContext } from './context.js';
import { Overloaded, Refusal, refusalOf } from './errors.js';
import { type LabelStudioAccess, LabelStudioImages } from './labelStudioImages.js';
import {
  failedPrediction,
  type LabelStudioPrediction,
  predictionOf,
  predictionSchema,
} from './labelStudioResult.js';
import { partOf, visitOf } from './visit.js';
import type { Routes } from './zodRoutes.js';

/** Tasks of one call that are dealt with at the same time. */
const together = 8;
const keptProjects = 1000;
const mostConfigCharacters = 2 ** 20;

const configText = z.string().max(mostConfigCharacters);
const project = z.union([z.string(), z.number()]).nullish();

const setupBody = z.looseObject({ project, schema: configText.nullish() });

const taskSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).nullish(),
  data: z.record(z.string(), z.unknown()),
});

const webhookBody = z.looseObject({
  action: z.string(),
  project: z
    .looseObject({
      id: z.union([z.string(), z.number()]).optional(),
      label_config: configText.optional(),
    })
    .optional(),
});

/** Events that a backend that learns would learn from; this one does not, and takes note of the labels. */
const events = new Set([
  ...['ANNOTATION_CREATED', 'ANNOTATION_UPDATED', 'ANNOTATION_DELETED'],
  ...['PROJECT_UPDATED', 'START_TRAINING'],
]);

/** POST /predict, /setup and /webhook: the server as an ML backend of Label Studio. */
export const labelStudioRoutes: Routes<ServerContext & { labelStudio: LabelStudioAccess }> = (
  server,
  { limits, model, work, fetcher, labelStudio, log },
  done,
) => {
  const images = new LabelStudioImages(fetcher, labelStudio, limits.bodyBytes);
  const configs = new LRUCache<string, string>({ max: keptProjects });
  let latest: string | undefined;
  const keep = (id: string | number | null | undefined, config: string | null | undefined) => {
    if (!config) return;
    latest = config;
    if (id != null) configs.set(projectKey(id), config);
  };

  server.post(
    '/setup',
    {
      schema: {
        summary: 'Label Studio tells of a project',
        body: setupBody,
        response: { 200: z.object({ model_version: z.string() }) },
      },
    },
    async ({ body }) => {
      keep(body.project, body.schema);
      return { model_version: model };
    },
  );

  server.post(
    '/webhook',
    {
      schema: {
        summary: 'Label Studio tells of an event',
        body: webhookBody,
        response: {
          200: z.object({ status: z.string() }),
          201: z.object({ result: z.object({}), status: z.literal('ok') }),
        },
      },
    },
    async ({ body }, reply) => {
      if (!events.has(body.action)) return { status: 'Unknown event' };
      keep(body.project?.id, body.project?.label_config);
      return reply.code(201).send({ result: {}, status: 'ok' });
    },
  );

  const predictBody = z.looseObject({
    tasks: z.array(taskSchema).max(limits.tasks),
    project,
    label_config: configText.nullish(),
  });
  server.post(
    '/predict',
    {
      config: { works: true },
      schema: {
        summary: "Find a project's labels in the pictures of its tasks, for Label Studio",
        body: predictBody,
        response: {
          200: z.object({ results: z.array(predictionSchema), model_version: z.string() }),
        },
      },
    },
    async (request) => {
      const { tasks, project, label_config } = request.body;
      keep(project, label_config);
      const known = project == null ? undefined : configs.get(projectKey(project));
      const config = readConfig(label_config || (known ?? latest), limits.prompts);
      const asked = askedOf(
        config.labels.map(({ label, phrasings, threshold = config.threshold }) => ({
          label,
          phrasings: phrasings.map(spoken),
          threshold,
        })),
      );
      const visit = visitOf(request);
      const predict = (task: z.output<typeof taskSchema>, i: number) =>
        partOf(visit, async (part) => {
          const address = pictureAddress(task.data, config.imageField);
          const file = await images.read(address, part);
          const looked = await work.detect(file, asked.prompts, asked.options, part.signal);
          return predictionOf(looked, config, `${task.id ?? i}\n${address.slice(0, 1000)}`, model);
        });
      const results = await pMap(
        tasks,
        (task, i): Promise<LabelStudioPrediction> =>
          predict(task, i).catch((error) => {
            // Label Studio would keep an empty prediction of what only comes at a bad time.
            if (error instanceof Overloaded || visit.signal.aborted) throw error;
            const { message, status } = refusalOf(error);
            log(`Task ${task.id ?? i} of Label Studio: ${status === 500 ? error.stack : message}`);
            return failedPrediction(message, model);
          }),
        { concurrency: together },
      );
      return { results, model_version: model };
    },
  );
  done();
};

/** Label Studio calls a project by its number, or by number and time: "7.1700000000". */
function projectKey(project: string | number): string {
  return String(project).split('.')[0];
}

function readConfig(xml: string | undefined, mostLabels: number): LabelStudioConfig {
  if (!xml) throw new Refusal(400, 'Neither this call nor a setup before it had a label_config.');
  const config = parseLabelStudioConfig(xml, 'The label_config');
  if (config.labels.length <= mostLabels) return config;
  throw new Refusal(
    413,
    `The label_config has ${config.labels.length} labels; at most ${mostLabels} are looked for.`,
  );
}

function pictureAddress(data: Record<string, unknown>, field: string): string {
  const address = data[field];
  if (typeof address === 'string' && address !== '') return address;
  throw new Refusal(400, `The task's data has no picture in "${field}".`);
}
