import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { utf8Text } from '../../src/files/textFile.js';
import { bodyTooLarge, Refusal } from './errors.js';
import { JsonCount } from './jsonCount.js';
import { jsonValue } from './jsonValue.js';
import type { Limits } from './limits.js';
import { readForm } from './multipart.js';
import { letBodyCome } from './unreadBodies.js';
import { visitOf } from './visit.js';

const blockBytes = 64 * 1024;

/** Reads bodies: JSON, and forms where a route says what those hold. Nothing else is taken. */
export function readBodies(server: FastifyInstance, limits: Limits): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', async (request: FastifyRequest) => {
    const count = new JsonCount(limits);
    const body = await arrived(request, (bytes) => count.add(bytes));
    // What takes a while comes after others have had their turn.
    await setImmediate();
    if (body.length === 0) throw new Refusal(400, 'The body is missing.');
    return jsonValue(utf8Text(body, 'The body'), 'The body');
  });
  server.addContentTypeParser('multipart/form-data', async (request: FastifyRequest) => {
    const { form } = request.routeOptions.config;
    if (!form) throw new Refusal(415, 'This address takes JSON, no forms.');
    const type = request.headers['content-type'] ?? '';
    return readForm(await arrived(request), type, form, limits);
  });
}

/**
 * A request's body, once it has come in whole; what has come is held meanwhile, and not what is still announced.
 * @param look is given the bytes as they come; it may throw.
 */
async function arrived(request: FastifyRequest, look?: (bytes: Buffer) => void): Promise<Buffer> {
  const { raw, routeOptions } = request;
  const { signal, holdBody } = visitOf(request);
  signal.throwIfAborted();
  const most = routeOptions.bodyLimit;
  // In blocks, since there is no telling how small the pieces are in which it comes.
  const blocks: Buffer[] = [];
  let used = blockBytes;
  let length = 0;
  const add = (bytes: Buffer) => {
    length += bytes.length;
    if (length > most) throw bodyTooLarge(most);
    look?.(bytes);
    for (let at = 0; at < bytes.length; ) {
      if (used === blockBytes) {
        holdBody(blockBytes);
        blocks.push(Buffer.allocUnsafeSlow(blockBytes));
        used = 0;
      }
      const copied = bytes.copy(blocks[blocks.length - 1], used, at);
      at += copied;
      used += copied;
    }
  };
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown) => {
      blocks.length = 0;
      signal.removeEventListener('abort', onAbort);
      raw.off('data', onData).off('end', onEnd).pause();
      reject(error);
    };
    const onData = (bytes: Buffer) => {
      try {
        add(bytes);
      } catch (error) {
        refuse(error);
      }
    };
    const onAbort = () => refuse(signal.reason);
    const onEnd = () => {
      signal.removeEventListener('abort', onAbort);
      resolve(Buffer.concat(blocks, length));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    raw.on('error', () => refuse(new Refusal(400, 'The body did not come whole.')));
    raw.on('end', onEnd);
    raw.on('data', onData);
    letBodyCome(raw);
  });
}
