import type { FastifyRequest } from 'fastify';

/** What a request, or a part of one, holds while it is in the server. */
export interface Visit {
  /** Set when the client has gone before the answer. */
  signal: AbortSignal;
  /**
   * Holds bytes until the request is answered, or what it returns is called.
   * @throws Overloaded where there is no room for them.
   */
  hold(bytes: number): () => void;
}

const visits = new WeakMap<FastifyRequest, Visit>();

export function beginVisit(request: FastifyRequest, visit: Visit): void {
  visits.set(request, visit);
}

/** Of a request to a route that works. */
export function visitOf(request: FastifyRequest): Visit {
  return visits.get(request)!;
}

/** Does a part of a request's work, at whose end all bytes that it held are given back. */
export async function partOf<T>(visit: Visit, work: (part: Visit) => Promise<T>): Promise<T> {
  const releases: (() => void)[] = [];
  const hold = (bytes: number) => {
    const release = visit.hold(bytes);
    releases.push(release);
    return release;
  };
  try {
    return await work({ signal: visit.signal, hold });
  } finally {
    for (const release of releases) release();
  }
}
