import { Refusal } from './errors.js';
import type { Visit } from './visit.js';

/** Work that was not done in the time that there is for it. */
export class OutOfTime extends Refusal {
  override name = 'OutOfTime';

  constructor(milliseconds: number) {
    super(503, `There was no time for it in ${milliseconds / 1000} s.`);
  }
}

/**
 * Does work of which each part is given up when the time is over, so that the others can be answered.
 * @param work is given what does a part: it throws OutOfTime once the time is over, and the reason of the
 *   visit's signal once that is set, whether or not what it does has ended.
 */
export async function withinTime<T>(
  milliseconds: number,
  visit: Visit,
  work: (partInTime: <P>(part: (visit: Visit) => Promise<P>) => Promise<P>) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new OutOfTime(milliseconds)), milliseconds);
  const signal = AbortSignal.any([visit.signal, controller.signal]);
  try {
    return await work((part) => orAborted(signal, () => part({ ...visit, signal })));
  } finally {
    clearTimeout(timer);
  }
}

/** Does work, but fails with the signal's reason once that is set, whether or not the work has ended. */
export async function orAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let leave = () => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
