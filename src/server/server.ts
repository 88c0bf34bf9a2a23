import Fastify, { type FastifyInstance } from 'fastify';
import type { Detector } from '../../detectors/detector.js';
import type { Prompt } from '../../detectors/prompts.js';
import { fetchBytes } from '../images/fetchBytes.js';
import { admitRequests } from './admission.js';
import type { ServerContext } from './context.js';
import { detectRoutes } from './detect.js';
import { answerErrors } from './errors.js';
import { healthRoutes } from './health.js';
import { defaultLimits, type Limits } from './limits.js';
import { PictureWork } from './pictureWork.js';
import { WorkQueue } from './workQueue.js';
import { checkWithZod } from './zodRoutes.js';

export interface ServerOptions {
  detector: Detector;
  /** What answers call the model. */
  model: string;
  /** What is looked for where a request does not say: by CVAT, and on the page at first. */
  labels?: readonly Prompt[];
  limits?: Partial<Limits>;
  /** Told what the person who runs the server should know. Default: nobody is. */
  log?(line: string): void;
}

/** An HTTP server that looks at pictures; `listen` starts it. The detector stays the caller's. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { detector, model, labels = [], log = () => {} } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const server = Fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    return503OnClosing: false,
  });
  const queue = new WorkQueue(limits);
  const work = new PictureWork(detector, queue, limits);
  const fetchFile = (address: string) =>
    fetchBytes(address, { timeoutMs: limits.fetchMs, maxBytes: limits.bodyBytes });
  const context: ServerContext = { detector, model, limits, queue, work, fetchFile, labels, log };

  checkWithZod(server);
  answerErrors(server, log);
  admitRequests(server, context);
  server.register(healthRoutes, context);
  server.register(detectRoutes, context);
  server.addHook('onClose', () => work.close());
  return server;
}
