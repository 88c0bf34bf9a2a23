import type { FastifyInstance } from 'fastify';
import type { ServerContext } from './context.js';
import { bodyTooLarge, Overloaded, Refusal } from './errors.js';
import { HeldAmount } from './heldAmount.js';
import { beginVisit } from './visit.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether requests make the model work, so that only so many are let in. */
    works?: boolean;
  }
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
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') throw new Refusal(415, 'Compressed requests are not taken.');
    if (!request.routeOptions.config.works) return;
    // Without a length, a body may be as long as the limit.
    const length = Number(request.headers['content-length'] ?? limits.bodyBytes);
    if (length > limits.bodyBytes) throw bodyTooLarge(limits.bodyBytes);

    const releases = [queue.admit()];
    const controller = new AbortController();
    const hold = (amount: number) => {
      const release = bytes.tryTake(amount);
      if (!release) throw new Overloaded(queue.retryAfter);
      releases.push(release);
      return release;
    };
    reply.raw.once('close', () => {
      for (const release of releases) release();
      if (!reply.raw.writableFinished) controller.abort(new Refusal(400, 'The client has gone.'));
    });
    hold(length);
    beginVisit(request, { signal: controller.signal, hold });
  });
}
