import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { WorkQueue } from './workQueue.js';

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What a server counts, for Prometheus. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly pictures: Counter;
  readonly workSeconds: Histogram;
  readonly modelSeconds: Histogram;

  constructor(queue: WorkQueue) {
    const registers = [this.registry];
    this.requests = new Histogram({
      name: 'fgdet_request_seconds',
      help: 'Time from a request to its answer; the count is that of the requests.',
      labelNames: ['method', 'route', 'status'],
      buckets: seconds,
      registers,
    });
    this.pictures = new Counter({
      name: 'fgdet_pictures_total',
      help: 'Pictures that the model has looked at.',
      registers,
    });
    this.workSeconds = new Histogram({
      name: 'fgdet_turn_seconds',
      help: 'Time of a turn: a picture read, encoded and searched, or texts encoded.',
      buckets: seconds,
      registers,
    });
    this.modelSeconds = new Histogram({
      name: 'fgdet_model_seconds',
      help: 'Time in which a picture went through the model, that of its batch included.',
      buckets: seconds,
      registers,
    });
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    gauge('fgdet_requests_in', 'Requests that are let in and not answered.', () => queue.admitted);
    gauge('fgdet_queue_length', 'Pictures that wait for their turn.', () => queue.waiting);
    gauge('fgdet_pictures_under_way', 'Pictures that have their turn.', () => queue.running);
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts a server's answers, and serves the figures at /metrics. */
  attach(server: FastifyInstance): void {
    server.addHook('onResponse', async (request, reply) => {
      const labels = {
        method: request.method,
        // Not the address itself: there would be a time series for each that anyone tries.
        route: request.routeOptions.url ?? 'none',
        status: String(reply.statusCode),
      };
      this.requests.observe(labels, reply.elapsedTime / 1000);
    });
    server.register(async (routes) => {
      const schema = {
        summary: 'Figures for Prometheus',
      };
      routes.get('/metrics', { config: { answers: ['text/plain'] }, schema }, async (_, reply) => {
        const text = await this.registry.metrics();
        return reply.type(this.registry.contentType).serializer(String).send(text);
      });
    });
  }
}
