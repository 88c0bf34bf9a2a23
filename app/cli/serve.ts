import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { CommandModule } from 'yargs';
import type { Detector } from '../../detectors/detector.js';
import { UserError } from '../../src/errors.js';
import { isEager } from '../../src/jit/deviceNames.js';
import { shippedModel, shippedName } from '../../src/modelFamily.js';
import type { ReadExamples } from '../examples/promptsWithExamples.js';
import type { LabelDefinition } from '../prelabel/labelDefinitions.js';
import { defaultLimits, type Limits } from '../server/limits.js';
import { note, UsageError } from './common.js';
import { type ExampleArguments, exampleOptions } from './exampleOptions.js';
import { stoppable } from './interrupt.js';
import { fittedOption, type ModelArguments, modelOptions, startDetector } from './modelOptions.js';

interface ServeArguments extends ModelArguments, ExampleArguments {
  host: string;
  port: number;
  token?: string;
  label?: string[];
  labels?: string;
  batch: number;
  queue: number;
  'max-body': number;
  'max-pixels': number;
  review?: string;
  allowPrivateUrls?: boolean;
  cors?: string;
  labelStudioUrl?: string;
  labelStudioKey?: string;
  'label-studio-seconds': number;
  localFiles?: string;
}

/** How long, in milliseconds, the model may take to be put away. */
const disposeMs = 1000;
const megapixel = 1e6;
const MiB = 2 ** 20;

/** `fgdet serve` */
export const command: CommandModule<object, ServeArguments> = {
  command: 'serve',
  describe: 'Serve a page to try prompts on, an HTTP API, and backends for Label Studio and CVAT',
  builder: (yargs) =>
    exampleOptions(modelOptions(yargs))
      .option('fitted', fittedOption)
      .option('host', {
        type: 'string',
        requiresArg: true,
        default: '127.0.0.1',
        describe: 'Address to listen at; 0.0.0.0 is every one of this machine',
      })
      .option('port', {
        type: 'number',
        requiresArg: true,
        default: 8080,
        describe: 'Port; Label Studio looks for backends at 9090',
      })
      .option('token', {
        type: 'string',
        requiresArg: true,
        describe:
          'What clients have to say, as a bearer token or the password of HTTP Basic; or FGDET_TOKEN',
      })
      .option('label', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'What CVAT and the page look for: "person: a person|a worker @ 0.4", or with a file of examples, ' +
          '"wheel: a wheel | examples:wheel.json"; repeat',
      })
      .option('labels', {
        type: 'string',
        requiresArg: true,
        describe: "A file of labels: lines of text, data.yaml, COCO's categories or a config's XML",
      })
      .option('review', {
        type: 'string',
        requiresArg: true,
        describe: 'Labels of `fgdet prelabel --output`, to look through and correct on the page',
      })
      .option('batch', {
        type: 'number',
        requiresArg: true,
        default: 4,
        describe: 'Pictures that are looked at together, where so many of one shape wait',
      })
      .option('queue', {
        type: 'number',
        requiresArg: true,
        default: 64,
        describe: 'Requests that may wait; further ones are told to come later',
      })
      .option('max-body', {
        type: 'number',
        requiresArg: true,
        default: 32,
        describe: 'Largest request, and picture, in MiB',
      })
      .option('max-pixels', {
        type: 'number',
        requiresArg: true,
        default: 50,
        describe: 'Largest picture, in megapixels',
      })
      .option('allow-private-urls', {
        type: 'boolean',
        describe: 'Also fetch pictures from private addresses',
      })
      .option('cors', {
        type: 'string',
        requiresArg: true,
        describe: 'Origin whose pages may use the API: https://app.example.org',
      })
      .option('label-studio-url', {
        type: 'string',
        requiresArg: true,
        describe: "Label Studio's address, for uploaded pictures; or LABEL_STUDIO_URL",
      })
      .option('label-studio-key', {
        type: 'string',
        requiresArg: true,
        describe: 'API key of Label Studio; or LABEL_STUDIO_API_KEY',
      })
      .option('label-studio-seconds', {
        type: 'number',
        requiresArg: true,
        default: defaultLimits.labelStudioMs / 1000,
        describe:
          'Answer Label Studio after this time with what is done; it waits 100 s (ML_TIMEOUT_PREDICT)',
      })
      .option('local-files', {
        type: 'string',
        requiresArg: true,
        describe: "Folder of Label Studio's local files, to read them from there",
      })
      .example('$0 serve', 'At http://127.0.0.1:8080, for this machine alone')
      .example('$0 serve --label "a cat" --label "a dog"', 'Two labels for CVAT and the page')
      .example(
        '$0 serve --example "wheel=photo.jpg:10,20,80,90" --examples bolt.json',
        'Two labels that boxes show',
      )
      .example('$0 serve --review labels.json', 'Look through what prelabel found')
      .example('$0 serve --port 9090 --label-studio-url http://127.0.0.1:8081', 'For Label Studio')
      .example('FGDET_TOKEN=secret $0 serve --host 0.0.0.0', 'For others, who need the token'),
  handler: async (args) => {
    checkNumbers(args);
    checkDevice(args);
    const { token = process.env.FGDET_TOKEN, host } = args;
    if (token === '') throw new UsageError('--token takes a text that is not empty.');
    if (token !== undefined && /^\s|\s$|\p{Control}/u.test(token)) {
      throw new UsageError(
        '--token takes a text without line breaks, and without space around it.',
      );
    }
    // As browsers write it.
    const cors = args.cors === undefined ? undefined : originOf(args.cors, '--cors');
    const labelStudio = labelStudioOf(args);
    const { words, given } = await readLabels(args);
    const limits: Partial<Limits> = {
      // So many that pictures of one shape come together, while others are read.
      concurrency: 4 * args.batch,
      queue: args.queue,
      bodyBytes: Math.round(args['max-body'] * MiB),
      heldBytes: Math.round(Math.max(8 * args['max-body'], 256) * MiB),
      pixels: Math.round(args['max-pixels'] * megapixel),
      heldPixels: Math.round(2 * args['max-pixels'] * megapixel),
      labelStudioMs: Math.round(1000 * args['label-studio-seconds']),
    };
    const review = await openReview(args);
    const { createServer } = await import('../server/server.js');
    const { closeGracefully } = await import('../server/closing.js');
    const { isLoopback } = await import('../server/browserSafety.js');
    const { default: sharp } = await import('sharp');
    // What it keeps of files that were decoded helps nobody where each is another.
    sharp.cache(false);
    const detector = await startDetector(args, [], [], { batch: args.batch });
    const { labelsWithExamples } = await import('../examples/labelsWithExamples.js');
    const labels = await labelsWithExamples(detector, words, given);
    const { allowPrivateUrls, model = shippedName } = args;
    const [identity] = await Promise.all([identityOf(model, args), warmUp(detector, labels)]);
    const modelVersion = await versionOf(identity, args, given);
    const { proposeAgain } = await import('../prelabel/proposeAgain.js');
    const server = createServer({
      review,
      ...(review && {
        proposeAgain: (folder, look) => proposeAgain(review, folder, { ...look, model: identity }),
      }),
      ...{ detector, model, modelVersion, labels, limits },
      ...{ host, token, cors, labelStudio, allowPrivateUrls },
      log: note,
    });
    await stoppable('Finishing what is under way (again: stop at once).', async (signal) => {
      const stopped = new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true });
      });
      const address = await listen(server, args);
      if (!isLoopback(host) && token === undefined) {
        note('Anyone who can reach this machine can use the server: give it a --token.');
      }
      note(`Ready at ${address}`);
      await stopped;
      await closeGracefully(server);
    });
    await Promise.race([detector.dispose(), setTimeout(disposeMs)]);
    // Work that could not be stopped would keep the process.
    process.exit();
  },
};

/** A server must answer while a picture is looked at, if only that the client has to wait. */
function checkDevice({ device }: ServeArguments): void {
  if (!isEager(device)) return;
  throw new UsageError(
    `serve does not run on ${device}: TensorFlow.js holds the process while it looks at a picture, so that no other ` +
      'request would be answered. Take --device cpu, or cuda or webgpu for a GPU.',
  );
}

function checkNumbers(args: ServeArguments): void {
  const { port, batch, queue, 'max-body': maxBody, 'max-pixels': maxPixels } = args;
  if (!(Number.isInteger(port) && port >= 0 && port < 65536)) {
    throw new UsageError('--port takes a whole number up to 65535.');
  }
  if (!(Number.isInteger(batch) && batch > 0)) {
    throw new UsageError('--batch takes a whole number above 0.');
  }
  if (!(Number.isInteger(queue) && queue >= 0)) {
    throw new UsageError('--queue takes a whole number.');
  }
  if (!(maxBody > 0 && maxBody <= 256)) throw new UsageError('--max-body takes up to 256 (MiB).');
  if (!(args['label-studio-seconds'] > 0)) {
    throw new UsageError('--label-studio-seconds takes a number above 0.');
  }
  if (!(maxPixels > 0)) throw new UsageError('--max-pixels takes a number above 0.');
}

/** What decides the model's answers, its name first. */
async function identityOf(name: string, args: ServeArguments) {
  const { modelIdentity } = await import('./modelIdentity.js');
  return { name, ...(await modelIdentity(args.model ?? shippedModel, args)) };
}

/** What tells a model from others of its name, and its examples from others. */
async function versionOf(
  identity: Awaited<ReturnType<typeof identityOf>>,
  { precision }: ServeArguments,
  given: ReadExamples,
): Promise<string> {
  const [{ modelVersion }, { digestOfExamples }] = await Promise.all([
    import('../../src/checkpoints/modelDigest.js'),
    import('../examples/promptsWithExamples.js'),
  ]);
  const version = modelVersion(identity.name, identity['model sha256']);
  const hasExamples = given.shown.length + given.saved.length > 0;
  return [
    version,
    ...(precision === 'float32' ? [] : [precision]),
    ...(hasExamples ? [`examples ${digestOfExamples(given).slice(0, 8)}`] : []),
  ].join(' ');
}

function labelStudioOf({ labelStudioUrl, labelStudioKey, localFiles }: ServeArguments) {
  const url = labelStudioUrl ?? process.env.LABEL_STUDIO_URL;
  const key = labelStudioKey ?? process.env.LABEL_STUDIO_API_KEY;
  if (url) originOf(url, "Label Studio's address");
  if (localFiles !== undefined && !existsSync(localFiles)) {
    throw new UserError(`The folder of --local-files does not exist: ${localFiles}`);
  }
  return { url: url || undefined, key, localFiles };
}

function originOf(text: string, what: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw new UsageError(`${what} must be an http(s) address, not "${text}".`);
}

/** Labels in words, and what shows them and further ones. */
async function readLabels(args: ServeArguments) {
  const { label: lines = [], labels: file, example: shown, negativeExample: unlike } = args;
  const [{ labelDefinitions }, { readGiven }, { filesOfLabels }] = await Promise.all([
    import('../prelabel/labelDefinitions.js'),
    import('../examples/promptsWithExamples.js'),
    import('../examples/labelsWithExamples.js'),
  ]);
  const hasLabels = lines.length > 0 || file !== undefined;
  const words = hasLabels ? labelDefinitions({ file, lines }).labels : [];
  const ofLabels = filesOfLabels(words);
  const given = await readGiven({ shown, unlike, files: args.examples, ofLabels });
  return { words, given };
}

/** Holds the labels for itself as long as the process lives. */
async function openReview({ review }: ServeArguments) {
  if (review === undefined) return undefined;
  const [{ Review }, { prelabelFolder }, { lockRun }] = await Promise.all([
    import('../prelabel/review.js'),
    import('../prelabel/runState.js'),
    import('../../src/files/runLock.js'),
  ]);
  const session = await Review.open(review);
  for (const sentence of session.notes) note(sentence);
  note(`Pictures under review: ${session.images}`);
  process.once('exit', lockRun(prelabelFolder(review)));
  return session;
}

/** Compiles the model for a picture and digests its weights, so that the first request need not wait for it. */
async function warmUp(detector: Detector, labels: readonly LabelDefinition[]): Promise<void> {
  const side = 64;
  const grey = { width: side, height: side, data: new Uint8Array(side * side * 3).fill(128) };
  const { promptOf } = await import('../examples/labelsWithExamples.js');
  await detector.detect(grey, labels.length > 0 ? labels.map(promptOf) : ['a thing']);
  await detector.weights();
}

async function listen(server: FastifyInstance, { host, port }: ServeArguments): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      EADDRINUSE: `port ${port} is taken; choose another with --port`,
      EACCES: `port ${port} needs more rights; choose one above 1023 with --port`,
      EADDRNOTAVAIL: `${host} is no address of this machine`,
      ENOTFOUND: `${host} is no address of this machine`,
    };
    throw new UserError(`Cannot listen: ${reasons[code ?? ''] ?? message}.`);
  }
}
