import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { Refusal } from './errors.js';
import { literalAddress } from './publicAddress.js';

export interface BrowserSafetyOptions {
  /**
   * Which names are answered to, since others may be an attacker's that lead here: those of this machine, or also
   * those of its network. Default: all.
   */
  names?: 'machine' | 'network';
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
  'cross-origin-resource-policy': 'same-origin',
};

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Keeps pages of other sites, in the browser of someone who can reach the server, from using it. */
export function guardBrowsers(
  server: FastifyInstance,
  { names, cors }: BrowserSafetyOptions,
): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    const { host = '', origin } = request.headers;
    const name = host.replace(/:\d+$/, '');
    if (names === 'machine' && !isLoopback(name)) {
      throw new Refusal(403, 'This server answers to the names of this machine only.');
    }
    if (names === 'network' && !isNetworkName(name)) {
      throw new Refusal(
        403,
        'Without a token this server answers to addresses and to names of its network only: start it with --token.',
      );
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

/** Whether a name can be nobody's on the Internet: an address, this machine's, or one that only a network knows. */
function isNetworkName(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    literalAddress(lower) !== undefined ||
    lower === hostname().toLowerCase() ||
    !lower.includes('.') ||
    /\.(local|lan|home|internal|localhost|home\.arpa)$/.test(lower)
  );
}

function isSameHost(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host.toLowerCase() === host.toLowerCase();
}
