import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from './errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether anyone may ask, also where a token is needed. */
    open?: boolean;
  }
}

/**
 * Lets in only who knows a token: as `Authorization: Bearer`, or as the password of HTTP Basic, which Label
 * Studio and browsers speak.
 */
export function requireToken(server: FastifyInstance, token: string): void {
  const expected = digest(token);
  server.addHook('onRequest', async (request, reply) => {
    // Browsers ask what they may before they send what they know.
    const asksFirst = request.method === 'OPTIONS';
    if (asksFirst || request.routeOptions.config.open) return;
    const given = givenTokens(request);
    if (given.some((one) => timingSafeEqual(digest(one), expected))) return;
    // The page asks for the token itself; at a challenge the browser would ask as well.
    const isPage = request.headers['x-requested-with'] === 'fgdet';
    if (!isPage) reply.header('www-authenticate', 'Basic realm="fgdet", charset="UTF-8"');
    throw new Refusal(401, 'Say the token: as a bearer token, or as the password of HTTP Basic.');
  });
}

/** What a request says: of a header that is no ASCII, as Latin-1 and as UTF-8, since clients send either. */
function givenTokens({ headers }: FastifyRequest): string[] {
  const [, scheme = '', value] = /^(\S+) +(\S.*)$/.exec(headers.authorization ?? '') ?? [];
  if (/^bearer$/i.test(scheme)) return [value, Buffer.from(value, 'latin1').toString('utf8')];
  if (!/^basic$/i.test(scheme)) return [];
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.includes(':') ? [pair.slice(pair.indexOf(':') + 1)] : [];
}

/** Texts of any length are compared in the same time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
