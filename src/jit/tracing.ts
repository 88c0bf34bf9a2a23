let tracing = false;

/** Whether a function is being traced at this moment. Known without tfjs, which only tracing needs. */
export function isTracing(): boolean {
  return tracing;
}

export function setTracing(now: boolean): void {
  tracing = now;
}
