import Fastify, { type FastifyInstance } from 'fastify';
import { labelFormatNames } from '../../datasets/labels/formatNames.js';
import type { Detector } from '../../detectors/detector.js';
import { packageVersion } from '../../src/files/packageRoot.js';
import { terminalText } from '../../src/terminalText.js';
import type { LabelDefinition } from '../prelabel/labelDefinitions.js';
import type { ReviewSession } from '../prelabel/review.js';
import { admitRequests } from './admission.js';
import { requireToken } from './auth.js';
import { readBodies } from './bodies.js';
import { guardBrowsers, isLoopback } from './browserSafety.js';
import { answerClientErrors } from './clientErrors.js';
import { refuseWhenClosing } from './closing.js';
import type { ServerContext } from './context.js';
import { cvatRoutes } from './cvat.js';
import { detectRoutes } from './detect.js';
import { embedRoutes } from './embed.js';
import { answerErrors, sendError } from './errors.js';
import { healthOf, healthRoutes } from './health.js';
import { labelFileRoutes } from './labelFiles.js';
import { labelStudioRoutes } from './labelStudio.js';
import type { LabelStudioAccess } from './labelStudioImages.js';
import { defaultLimits, type Limits } from './limits.js';
import { Metrics } from './metrics.js';
import { describeRoutes } from './openapi.js';
import { pageRoutes } from './pageRoutes.js';
import { pictureRoutes } from './pictures.js';
import { PictureWork } from './pictureWork.js';
import { proposalRoutes } from './proposalRoutes.js';
import type { ProposeAgain } from './reviewRound.js';
import { reviewRoutes } from './reviewRoutes.js';
import { SafeFetch, type SafeFetchOptions } from './safeFetch.js';
import { settingsRoutes } from './settings.js';
import { showablePictureRoutes } from './showablePicture.js';
import { refuseUnknownAddresses } from './unknownAddresses.js';
import { endUnreadBodies } from './unreadBodies.js';
import { WorkQueue } from './workQueue.js';
import { checkWithZod } from './zodRoutes.js';

export interface ServerOptions {
  detector: Detector;
  /** What answers call the model. */
  model: string;
  /** What tells the model from others of that name, too. Default: the name. */
  modelVersion?: string;
  /** What is looked for where a request does not say: by CVAT, and on the page at first. */
  labels?: readonly LabelDefinition[];
  limits?: Partial<Limits>;
  /** The address that it will listen at. Default: 127.0.0.1. */
  host?: string;
  /** What clients have to know. Default: nothing. */
  token?: string;
  /** The origin whose pages may use the server from a browser. Default: none but the server's own. */
  cors?: string;
  /** Whether pictures are fetched from addresses of private networks. Default: false. */
  allowPrivateUrls?: boolean;
  /** What finds the addresses of names. Default: the system. */
  lookup?: SafeFetchOptions['lookup'];
  labelStudio?: LabelStudioAccess;
  /** Pictures whose boxes a person goes through on the page. */
  review?: ReviewSession;
  /** Looks anew at those that nobody has gone through. Default: there is no such thing. */
  proposeAgain?: ProposeAgain;
  /** Told what the person who runs the server should know. Default: nobody is. */
  log?(line: string): void;
}

/**
 * An HTTP server that looks at pictures; `listen` starts it, and `closeGracefully` ends it. The detector
 * stays the caller's. The addresses it answers at are described at /openapi.json.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const { detector, model, token, cors, host = '127.0.0.1' } = options;
  const log = (line: string) => options.log?.(logEntry(line));
  const { labelStudio = {}, modelVersion = model } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const server = Fastify({
    // Routes in which pictures can come take more.
    bodyLimit: Math.min(limits.textBytes, limits.bodyBytes),
    requestTimeout: limits.requestMs,
    // Of ids that are a little too long, the schemas say so.
    routerOptions: { maxParamLength: 1000 },
    http: { headersTimeout: limits.requestMs, connectionsCheckingInterval: 1000 },
    // What is refused while it closes gets an answer like the others: see refuseWhenClosing.
    return503OnClosing: false,
    clientErrorHandler: answerClientErrors,
    // No hooks are called for these.
    frameworkErrors: (error, _request, reply) =>
      sendError(error, reply.header('connection', 'close'), log),
  });
  server.server.maxConnections = limits.connections;

  const queue = new WorkQueue(limits);
  const metrics = new Metrics(queue);
  const work = new PictureWork(detector, queue, limits, metrics);
  const fetcher = new SafeFetch({
    timeoutMs: limits.fetchMs,
    maxBytes: limits.bodyBytes,
    allowPrivate: options.allowPrivateUrls,
    allowedOrigins: labelStudio.url ? [new URL(labelStudio.url).origin] : [],
    lookup: options.lookup,
  });
  const labels = (options.labels ?? []).map(({ name, phrasings, threshold, examples }) => ({
    ...{ label: name, phrasings, threshold, examples },
  }));
  const shown = labels.filter(({ examples }) => examples);
  const context: ServerContext = {
    ...{ detector, model, limits, queue, work, fetcher, metrics, labels, log },
    shownLabels: new Map(shown.map((label) => [label.label, label])),
  };

  checkWithZod(server);
  answerErrors(server, log);
  // Names are no protection where everybody who knows the token may come.
  const names = isLoopback(host) ? 'machine' : 'network';
  guardBrowsers(server, { names: token === undefined ? names : undefined, cors });
  if (token !== undefined) requireToken(server, token);
  refuseUnknownAddresses(server);
  refuseWhenClosing(server);
  endUnreadBodies(server, limits);
  admitRequests(server, context);
  readBodies(server, limits);
  describeRoutes(server, packageVersion());
  metrics.attach(server);
  server.register(healthRoutes, context);
  server.register(settingsRoutes, {
    ...context,
    formats: labelFormatNames,
    review: options.review !== undefined,
    rounds: options.review !== undefined && options.proposeAgain !== undefined,
  });
  server.register(detectRoutes, context);
  server.register(embedRoutes, context);
  server.register(pictureRoutes, context);
  server.register(labelFileRoutes, context);
  server.register(labelStudioRoutes, { ...context, labelStudio, modelVersion });
  server.register(cvatRoutes, context);
  server.register(pageRoutes, { health: () => healthOf(context) });
  server.register(showablePictureRoutes, context);
  const { review: session, proposeAgain } = options;
  if (session) {
    server.register(reviewRoutes, { session });
    server.register(proposalRoutes, { ...context, session, proposeAgain });
  }
  server.addHook('onListen', () => work.start());
  server.addHook('onClose', async () => {
    work.close();
    await fetcher.close();
  });
  return server;
}

const mostLogged = 4000;

/** What clients sent may be in it: nothing of that shall look like a line of its own, or reach a terminal. */
function logEntry(text: string): string {
  const begin = text.length > mostLogged ? `${text.slice(0, mostLogged)}…` : text;
  return terminalText(begin);
}
