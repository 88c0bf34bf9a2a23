import { testServer } from '../test/app/server/testServer.js';
import { json, splitFirstLine, withFirstLine } from './seeds.js';
import type { FuzzTarget } from './target.js';

/**
 * Requests to a server whose model is a fake, and which reaches no network. The first line of an input is the address.
 * @param bodies by addresses; objects are JSON
 */
export function requestTarget(
  contentType: string,
  bodies: Record<string, readonly (Uint8Array | object)[]>,
): FuzzTarget {
  const { server, lines } = testServer({
    limits: { fetchMs: 50, requestMs: 2000, pixels: 1e6 },
    lookup: async () => {
      throw new Error('no names are looked up');
    },
  });
  const asBytes = (body: Uint8Array | object) => (body instanceof Uint8Array ? body : json(body));
  return {
    seeds: () =>
      Object.entries(bodies).flatMap(([url, own]) =>
        own.map((body) => withFirstLine(url, asBytes(body))),
      ),
    async read(input) {
      const [url, payload] = splitFirstLine(input);
      if (!Object.hasOwn(bodies, url)) return;
      lines.length = 0;
      const headers = { 'content-type': contentType };
      const response = await server.inject({ method: 'POST', url, payload, headers });
      const { statusCode, body } = response;
      if (statusCode !== 503 && statusCode >= 500) throw new Error(lines.join('\n') || body);
      if (statusCode !== 200) JSON.parse(body);
    },
  };
}
