import type { FastifyInstance } from 'fastify';
import { Refusal } from './errors.js';

export interface BrowserSafetyOptions {
  /** Whether only names of this machine are answered to: others may be an attacker's that lead here. */
  onlyLocalNames: boolean;
  /** The origin whose pages may use the server from a browser. */
  cors?: string;
}

const headers = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Keeps pages of other sites, in the browser of someone who can reach the server, from using it. */
export function guardBrowsers(
  server: FastifyInstance,
  { onlyLocalNames, cors }: BrowserSafetyOptions,
): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    const { host = '', origin } = request.headers;
    if (onlyLocalNames && !isLocalName(host)) {
      throw new Refusal(403, 'This server answers to the names of this machine only.');
    }
    if (origin === undefined) return;
    if (origin === cors) {
      reply.headers({ 'access-control-allow-origin': cors, vary: 'origin' });
    } else if (!safeMethods.has(request.method) && !isSameHost(origin, host)) {
      throw new Refusal(403, `Pages of ${origin.slice(0, 200)} may not use this server.`);
    }
  });
  if (cors === undefined) return;
  server.options('*', { schema: { hide: true } }, async (request, reply) => {
    if (request.headers.origin !== cors)
      throw new Refusal(403, 'Other pages may not use this server.');
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST, PUT, DELETE',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': '600',
      })
      .send();
  });
}

/** Whether an address to listen at is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

function isLocalName(host: string): boolean {
  return isLoopback(host.replace(/:\d+$/, ''));
}

function isSameHost(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host.toLowerCase() === host.toLowerCase();
}
