import type { FastifyRequest } from 'fastify';

/** What a request holds while it is in the server. */
export interface Visit {
  /** Set when the client has gone before the answer. */
  signal: AbortSignal;
  /** Holds bytes until the request is answered. @throws Overloaded where there is no room for them. */
  hold(bytes: number): void;
}

const visits = new WeakMap<FastifyRequest, Visit>();

export function beginVisit(request: FastifyRequest, visit: Visit): void {
  visits.set(request, visit);
}

/** Of a request to a route that works. */
export function visitOf(request: FastifyRequest): Visit {
  return visits.get(request)!;
}
