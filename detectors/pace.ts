/**
 * Does a piece of long work: at once, or when its turn comes. It fails, so that the work is given up, where nobody waits
 * for that any more.
 */
export type Pace = <T>(piece: () => Promise<T>) => Promise<T>;

/** Pieces one after the other, until the signal is set. */
export function untilAborted(signal?: AbortSignal): Pace {
  return async (piece) => {
    signal?.throwIfAborted();
    return piece();
  };
}
