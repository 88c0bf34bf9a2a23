import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServerContext } from './context.js';
import { Overloaded, Refusal } from './errors.js';
import { HeldAmount } from './heldAmount.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether requests make the model work, so that only so many are let in. */
    works?: boolean;
  }
}

const left = new WeakMap<FastifyRequest, AbortSignal>();

/** Set when the client of a request has gone before its answer. */
export function clientLeft(request: FastifyRequest): AbortSignal | undefined {
  return left.get(request);
}

/**
 * Turns requests away before their bodies are read, where there is no room for them: as many as the queue
 * takes are let in, with so many bytes in all.
 */
export function admitRequests(
  server: FastifyInstance,
  { queue, limits }: Pick<ServerContext, 'queue' | 'limits'>,
): void {
  const bytes = new HeldAmount(limits.heldBytes);
  server.addHook('onRequest', async (request, reply) => {
    if (!request.routeOptions.config.works) return;
    // Without a length, a body may be as long as the limit.
    const length = Number(request.headers['content-length'] ?? limits.bodyBytes);
    if (length > limits.bodyBytes) throw bodyTooLarge(limits.bodyBytes);
    const leave = queue.admit();
    const giveBack = bytes.tryTake(length);
    if (!giveBack) {
      leave();
      throw new Overloaded(queue.retryAfter);
    }
    const controller = new AbortController();
    left.set(request, controller.signal);
    reply.raw.once('close', () => {
      leave();
      giveBack();
      if (!reply.raw.writableFinished) controller.abort(new Refusal(400, 'The client has gone.'));
    });
  });
}

export function bodyTooLarge(most: number): Refusal {
  return new Refusal(413, `The request is larger than ${most / 2 ** 20} MiB.`);
}
