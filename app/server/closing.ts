import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Overloaded } from './errors.js';
import { defaultLimits } from './limits.js';

/** When a client may try again whether there is another server in this one's place, in seconds. */
const retryAfter = 5;

/** What requests are told that come too late. */
export function stopped(): Overloaded {
  return new Overloaded(retryAfter, 'The server is being stopped.');
}

/** How long, in milliseconds, a connection may take then to say what it wants. */
const silenceMs = 1000;

/** Makes a server refuse requests once it is being closed, and keep no connections then. */
export function refuseWhenClosing(server: FastifyInstance): void {
  let closing = false;
  const silent = new Set<Socket>();
  server.server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.server.on('request', ({ socket }, response) => {
    silent.delete(socket);
    response.once('close', () => !socket.destroyed && silent.add(socket));
  });
  server.addHook('preClose', async () => {
    closing = true;
    setTimeout(silenceMs, undefined, { ref: false }).then(() => {
      for (const socket of silent) socket.destroy();
    });
  });
  server.addHook('onRequest', async () => {
    if (closing) throw stopped();
  });
  server.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

/** How long, in milliseconds, what was cut off may take to end. */
const graceMs = 2000;

/**
 * Ends a server: it takes no new requests, those under way are answered, and what is not answered in time
 * is cut off. What does not end even then is left behind, for the end of the process.
 */
export async function closeGracefully(
  server: FastifyInstance,
  withinMs: number = defaultLimits.closeMs,
): Promise<void> {
  const late = new AbortController();
  const wait = (ms: number) => setTimeout(ms, undefined, { signal: late.signal });
  const cutOff = wait(withinMs).then(() => {
    server.server.closeAllConnections();
    return wait(graceMs);
  });
  cutOff.catch(() => {});
  await Promise.race([server.close(), cutOff]);
  late.abort();
}
