import type { FastifyRequest } from 'fastify';

/** What a request, or a part of one, holds while it is in the server. */
export interface Visit {
  /** Set when nobody waits for the answer any more: the client has gone, or its time is over. */
  signal: AbortSignal;
  /**
   * Holds bytes until the request is answered, or what it returns is called.
   * @throws Overloaded where there is no room for them.
   */
  hold(bytes: number): () => void;
}

/** That of a whole request. */
export interface RequestVisit extends Visit {
  /**
   * Holds bytes of the request's body until it is answered. Where there is no room for them, the request whose body
   * has been on its way for longest is refused, which may be this one.
   * @throws Refusal where it is, or nothing else could go.
   */
  holdBody(bytes: number): void;
}

const visits = new WeakMap<FastifyRequest, RequestVisit>();

export function beginVisit(request: FastifyRequest, visit: RequestVisit): void {
  visits.set(request, visit);
}

export function visitOf(request: FastifyRequest): RequestVisit {
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
