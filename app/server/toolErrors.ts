import type { FastifyInstance } from 'fastify';
import { refusalOf } from './errors.js';

const mostCharacters = 300;

/**
 * Lets people know why a labelling tool's calls are refused: such tools keep the answer's body to themselves and
 * show its status line, so that its reason says why; and the log says so, too.
 * @param tool that sends the requests to this group of routes.
 */
export function tellRefusals(server: FastifyInstance, tool: string, log: (line: string) => void) {
  server.addHook('onError', async ({ method, routeOptions }, reply, error) => {
    const { status, message } = refusalOf(error);
    const line = oneLine(message);
    reply.raw.statusMessage = asReason(line);
    log(`${method} ${routeOptions.url} of ${tool} is refused (${status}): ${line}`);
  });
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** A line as HTTP's status line can hold it: in Latin-1. */
function asReason(line: string): string {
  return line.replace(/[^\x20-\x7e\xa1-\xff]/gu, '?').slice(0, mostCharacters);
}
