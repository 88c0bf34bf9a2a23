import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Limits } from './limits.js';

/** Of clients that wait for it, those that have not been told to send their bodies. */
const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/**
 * Keeps clients from sending what is not read. One that asks first (Expect: 100-continue) is told to send its body when
 * that is wanted; where the answer comes before all of the body has, the connection ends, but not before the client can
 * have seen the answer: many look for it only when they have sent all, or are told of the end alone.
 */
export function endUnreadBodies(
  server: FastifyInstance,
  { bodyBytes, refusedMs }: Pick<Limits, 'bodyBytes' | 'refusedMs'>,
): void {
  const http = server.server;
  http.on('checkContinue', (request, response) => {
    waiting.set(request, response);
    http.emit('request', request, response);
  });
  http.on('checkExpectation', (_request, response) => {
    response.writeHead(417, { connection: 'close' }).end();
  });
  server.addHook('onSend', async ({ raw, method }, reply, payload) => {
    // (Injected requests do not say.)
    if (raw.complete !== false) return payload;
    reply.header('connection', 'close');
    if (method === 'HEAD' || !(typeof payload === 'string' || Buffer.isBuffer(payload))) {
      return payload;
    }
    reply.header('content-length', Buffer.byteLength(payload));
    const answer = async function* () {
      yield payload;
      await ended(raw, 2 * bodyBytes, refusedMs);
    };
    return Readable.from(answer());
  });
}

/** Tells a client that waits for it to send its body. */
export function letBodyCome(request: IncomingMessage): void {
  waiting.get(request)?.writeContinue();
}

/** Reads on until all has come, or so many bytes, or for so long. */
function ended(request: IncomingMessage, mostBytes: number, mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const stop = () => {
      clearTimeout(timer);
      request.off('data', count).pause();
      resolve();
    };
    const count = ({ length }: Buffer) => {
      bytes += length;
      if (bytes > mostBytes) stop();
    };
    const timer = setTimeout(stop, mostMs);
    request.on('data', count).once('end', stop).once('close', stop).resume();
  });
}
