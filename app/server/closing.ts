import type { FastifyInstance } from 'fastify';
import { Overloaded } from './errors.js';
import { defaultLimits } from './limits.js';

/** When a client may try again whether there is another server in this one's place, in seconds. */
const retryAfter = 5;

/** Makes a server refuse requests once it is being closed, and keep no connections then. */
export function refuseWhenClosing(server: FastifyInstance): void {
  let closing = false;
  server.addHook('preClose', async () => {
    closing = true;
  });
  server.addHook('onRequest', async () => {
    if (closing) throw new Overloaded(retryAfter, 'The server is being stopped.');
  });
  server.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

/**
 * Ends a server: it takes no new requests, those under way are answered, and what is not answered in time
 * is cut off.
 */
export async function closeGracefully(
  server: FastifyInstance,
  withinMs: number = defaultLimits.closeMs,
): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), withinMs);
  await server.close();
  clearTimeout(timer);
}
