import type { FastifyInstance } from 'fastify';
import { Refusal } from './errors.js';

/**
 * Refuses requests for what there is not: 405 where the address has other methods, 404 where there is no such address.
 * Their bodies are not looked at. It goes by the routes that are added after this.
 */
export function refuseUnknownAddresses(server: FastifyInstance): void {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    // It answers browsers that ask before they send, whatever the address.
    if (url !== '*') routes.push({ pattern: patternOf(url), methods: [method].flat() });
  });
  server.addHook('onRequest', async ({ is404, method, url }, reply) => {
    if (!is404) return;
    const path = url.split('?', 1)[0];
    const found = routes.filter(({ pattern }) => pattern.test(path));
    const methods = [...new Set(found.flatMap((route) => route.methods))].sort().join(', ');
    const asked = `There is no ${method} ${path.slice(0, 200)}`;
    if (methods === '') throw new Refusal(404, `${asked}.`);
    reply.header('allow', methods);
    throw new Refusal(405, `${asked}; it answers to ${methods}.`);
  });
}

/** Of a route's address, such as "/v1/pictures/:id" or "/page/*". */
function patternOf(url: string): RegExp {
  const source = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+');
  return new RegExp(`^${source.replaceAll('*', '.*')}$`);
}
