import type { FastifyInstance } from 'fastify';
import { stopped } from './closing.js';
import type { ServerContext } from './context.js';
import { bodyTooLarge, Overloaded, Refusal } from './errors.js';
import { HeldAmount } from './heldAmount.js';
import { OutOfTime } from './timeLimit.js';
import { beginVisit } from './visit.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether requests make the model work, so that only so many are let in. */
    works?: boolean;
  }
}

/** What is not answered so long after its time is over is cut off, in milliseconds. */
const graceMs = 1000;

/**
 * Bounds what requests hold and how long they take. As many as the queue takes are let in to work, once their bodies
 * are there; where there is no room for them, they are turned away before that.
 */
export function admitRequests(
  server: FastifyInstance,
  { queue, limits }: Pick<ServerContext, 'queue' | 'limits'>,
): void {
  const bytes = new HeldAmount(limits.heldBytes);
  /** Ends requests whose bodies are on their way, the oldest first. */
  const arriving = new Map<object, (reason: Refusal) => void>();
  const admissions = new WeakMap<object, () => void>();

  server.addHook('onRequest', async (request, reply) => {
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') throw new Refusal(415, 'Compressed requests are not taken.');
    const { bodyLimit, config } = request.routeOptions;
    if (Number(request.headers['content-length'] ?? 0) > bodyLimit) throw bodyTooLarge(bodyLimit);
    if (config.works) queue.checkRoom();

    const releases: (() => void)[] = [];
    const controller = new AbortController();
    const { signal } = controller;
    const end = (reason: Refusal) => {
      controller.abort(reason);
      for (const release of releases.splice(0)) release();
    };
    const hold = (amount: number) => {
      signal.throwIfAborted();
      const release = bytes.tryTake(amount);
      if (!release) throw new Overloaded(queue.retryAfter);
      releases.push(release);
      return release;
    };
    const holdBody = (amount: number) => {
      while (bytes.held + amount > limits.heldBytes && arriving.size > 0) {
        const [[oldest, refuse]] = arriving;
        arriving.delete(oldest);
        refuse(new Overloaded(queue.retryAfter));
      }
      hold(amount);
    };
    const timer = setTimeout(() => {
      controller.abort(new OutOfTime(limits.answerMs));
      setTimeout(() => reply.raw.destroy(), graceMs).unref();
    }, limits.answerMs);
    reply.raw.once('close', () => {
      clearTimeout(timer);
      arriving.delete(request);
      if (reply.raw.writableFinished) for (const release of releases.splice(0)) release();
      else end(new Refusal(400, 'The client has gone.'));
    });
    arriving.set(request, end);
    admissions.set(request, () => releases.push(queue.admit()));
    beginVisit(request, { signal, hold, holdBody });
  });
  server.addHook('preValidation', async (request) => {
    arriving.delete(request);
    if (request.routeOptions.config.works) admissions.get(request)!();
  });
  server.addHook('onSend', async ({ raw }) => {
    // A client that does not read its answer shall not keep the connection. (Injected requests have none.)
    raw.socket.setTimeout?.(limits.requestMs);
  });
  server.addHook('preClose', async () => {
    for (const refuse of arriving.values()) refuse(stopped());
    arriving.clear();
  });
}
