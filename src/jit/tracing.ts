/** What tfjs calls the backend whose tensors hold no numbers. */
export const tracingBackend = 'onnx';

let tracing = false;

/** Whether a function is being traced, or run as it is, at this moment. Known without tfjs, which only tracing needs. */
export function isTracing(): boolean {
  return tracing;
}

export function setTracing(now: boolean): void {
  tracing = now;
}
