import { z } from 'zod';
import type { ServerContext } from './context.js';
import type { Routes } from './zodRoutes.js';

const answer = z.object({
  status: z.literal('UP'),
  model_class: z.string(),
  model: z.string(),
  uptime: z.number().meta({ description: 'Seconds' }),
  queue: z.object({ requests: z.int(), waiting: z.int(), running: z.int() }),
});

/** What a server says of itself. */
export function healthOf({ model, queue }: ServerContext): z.output<typeof answer> {
  return {
    status: 'UP',
    model_class: 'fgdet',
    model,
    uptime: Math.round(process.uptime()),
    queue: { requests: queue.admitted, waiting: queue.waiting, running: queue.running },
  };
}

/** GET /health. Whether a server is alive is told to anyone. */
export const healthRoutes: Routes<ServerContext> = (server, context, done) => {
  server.get(
    '/health',
    {
      config: { open: true },
      schema: { summary: 'Whether the server works', response: { 200: answer } },
    },
    async () => healthOf(context),
  );
  done();
};
