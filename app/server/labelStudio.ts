import pMap from 'p-map';
import { z } from 'zod';
import type { LabelStudioConfig } from '../../datasets/labels/labelStudioConfig.js';
import { checkJson } from '../../src/files/jsonFile.js';
import type { ServerContext } from './context.js';
import { Refusal, refusalOf } from './errors.js';
import { type LabelStudioAccess, LabelStudioImages } from './labelStudioImages.js';
import { LabelStudioProjects, versionFor } from './labelStudioProjects.js';
import {
  failureSchema,
  type LabelStudioPrediction,
  predictionOf,
  predictionSchema,
  regionsOf,
} from './labelStudioResult.js';
import { picturesOf, taskSchema } from './labelStudioTask.js';
import type { Limits } from './limits.js';
import { OutOfTime, withinTime } from './timeLimit.js';
import { oneLine, tellRefusals } from './toolErrors.js';
import { partOf, type Visit, visitOf } from './visit.js';
import { jsonSchema, type Routes } from './zodRoutes.js';

/** Tasks of one call that are dealt with at the same time. */
const together = 8;
const id = z.union([z.string().max(100), z.number()]);
const project = id.nullish();

function bodiesOf({ tasks, configCharacters }: Limits) {
  const config = z.string().max(configCharacters);
  return {
    setup: z.looseObject({ project, schema: config.nullish() }),
    // However many tasks are selected in Label Studio, it sends them in one call; each is checked when its turn comes.
    predict: z.looseObject({
      tasks: z.array(z.unknown().meta(jsonSchema(taskSchema, 'input'))).max(tasks),
      project,
      label_config: config.nullish(),
    }),
    webhook: z.looseObject({
      action: z.string(),
      project: z.looseObject({ id: id.optional(), label_config: config.optional() }).optional(),
    }),
  };
}

/** Events that a backend that learns would learn from; this one does not, and takes note of the labels. */
const events = new Set([
  ...['ANNOTATION_CREATED', 'ANNOTATION_UPDATED', 'ANNOTATION_DELETED'],
  ...['PROJECT_UPDATED', 'START_TRAINING'],
]);

export interface LabelStudioOptions {
  labelStudio: LabelStudioAccess;
  /** The model's name, and what tells it from others of that name. */
  modelVersion: string;
}

/** POST /predict, /setup and /webhook: the server as an ML backend of Label Studio. */
export const labelStudioRoutes: Routes<ServerContext & LabelStudioOptions> = (
  server,
  { labelStudio, modelVersion, ...context },
  done,
) => {
  const { limits, work, fetcher, log } = context;
  tellRefusals(server, 'Label Studio', log);
  const images = new LabelStudioImages(fetcher, labelStudio, limits.bodyBytes);
  const projects = new LabelStudioProjects(limits.prompts);
  const bodies = bodiesOf(limits);

  server.post(
    '/setup',
    {
      schema: {
        summary: 'Label Studio tells of a project',
        body: bodies.setup,
        response: { 200: z.object({ model_version: z.string() }) },
      },
    },
    async ({ body: { project, schema } }) => ({
      model_version: versionFor(projects.configOf(project, schema), modelVersion),
    }),
  );

  server.post(
    '/webhook',
    {
      schema: {
        summary: 'Label Studio tells of an event',
        body: bodies.webhook,
        response: {
          200: z.object({ status: z.string() }),
          201: z.object({ result: z.object({}), status: z.literal('ok') }),
        },
      },
    },
    async ({ body: { action, project } }, reply) => {
      if (!events.has(action)) return { status: 'Unknown event' };
      projects.keep(project?.id, project?.label_config);
      return reply.code(201).send({ result: {}, status: 'ok' });
    },
  );

  server.post(
    '/predict',
    {
      bodyLimit: limits.bodyBytes,
      config: { works: true },
      schema: {
        summary: "Find a project's labels in the pictures of its tasks, for Label Studio",
        body: bodies.predict,
        response: {
          200: z.object({
            results: z.array(z.union([predictionSchema, failureSchema])),
            model_version: z.string(),
          }),
        },
      },
    },
    async (request) => {
      const { tasks, project, label_config } = request.body;
      const config = projects.configOf(project, label_config);
      const version = versionFor(config, modelVersion);
      const visit = visitOf(request);
      const outcomes = await withinTime(limits.labelStudioMs, visit, (inTime) =>
        pMap(
          tasks,
          (given, i) =>
            inTime((part) => predict(given, i, config, version, part)).catch((error) => {
              if (visit.signal.aborted) throw error;
              return failureOf(idOf(given, i), error);
            }),
          { concurrency: together },
        ),
      );
      tellLate(outcomes);
      return { results: resultsOf(outcomes), model_version: version };
    },
  );

  async function predict(
    given: unknown,
    place: number,
    config: LabelStudioConfig,
    version: string,
    visit: Visit,
  ): Promise<LabelStudioPrediction> {
    const task = checkJson(given, taskSchema, `tasks[${place}]`, 'a task');
    const id = idOf(task, place);
    const regions = [];
    for (const { address, item, questions } of picturesOf(task, config, context)) {
      const encoded = await partOf(visit, async (part) =>
        work.encode(await images.read(address, part), part.signal),
      );
      for (const { control, asked } of questions) {
        const looked = await work.detect(encoded, asked.prompts, asked.options, visit.signal);
        const picture = [id, item, address.slice(0, 1000)].join('\n');
        regions.push(...regionsOf(looked, control, picture, item));
      }
    }
    return predictionOf(regions, version);
  }

  function failureOf(id: string | number, error: unknown): Refusal {
    const refusal = refusalOf(error);
    if (!(refusal instanceof OutOfTime)) {
      const reason = refusal.status === 500 ? (error as Error).stack : oneLine(refusal.message);
      log(`Task ${oneLine(String(id))} of Label Studio stays open: ${reason}`);
    }
    return refusal;
  }

  function tellLate(outcomes: readonly Outcome[]): void {
    const late = outcomes.filter((outcome) => outcome instanceof OutOfTime).length;
    if (late === 0) return;
    log(
      `Label Studio asked for ${outcomes.length} tasks; ${late} of them stay open after ` +
        `${limits.labelStudioMs / 1000} s. Retrieve predictions again for those.`,
    );
  }

  done();
};

/** What Label Studio calls a task; its place in the call, where it says nothing. */
function idOf(given: unknown, place: number): string | number {
  const { success, data } = taskSchema.shape.id.safeParse((given as { id?: unknown } | null)?.id);
  return success && data != null ? data : place;
}

/** What became of a task. */
type Outcome = LabelStudioPrediction | Refusal;

/**
 * What Label Studio is told of tasks. It leaves those open that failed.
 * @throws Refusal where all failed, since Label Studio shows that to people.
 */
function resultsOf(outcomes: readonly Outcome[]) {
  const failed = outcomes.filter((outcome) => outcome instanceof Refusal);
  if (failed.length > 0 && failed.length === outcomes.length) {
    const [first] = failed;
    if (failed.length === 1) throw first;
    const message = `None of the ${failed.length} tasks could be done. The first: ${first.message}`;
    throw new Refusal(first.status, message, { cause: first });
  }
  return outcomes.map((outcome) =>
    outcome instanceof Refusal ? { error: outcome.message } : outcome,
  );
}
