import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.js';
import { tracingBackend } from './tracing.js';

/** A function that cannot be compiled: the message names the operator and the line that called it. */
export class JitError extends UserError {
  override name = 'JitError';
  /** Set once the message says where in the user's function the error came from. */
  located = false;
}

/** A function that failed on its device, perhaps for want of memory. */
export class RunError extends JitError {
  override name = 'RunError';
}

/** Runs `body`, and turns whatever it throws into a JitError that names `name` and the calling line. */
export function whileTracing<T>(name: string, body: () => T): T {
  return locating(
    body,
    (reason, cause) => new JitError(`Cannot compile ${name}: ${reason}`, { cause }),
  );
}

/** The same for a function that is run as it is. */
export function whileRunning<T>(name: string, device: string, body: () => T): T {
  return locating(body, (reason, cause) => {
    // TensorFlow's reasons have several lines.
    const line = reason.replace(/\s+/g, ' ');
    return new RunError(`Device "${device}" failed to run ${name}: ${line}`, { cause });
  });
}

/** Runs `body`; what it throws becomes the error that `tell` makes of its reason with the calling line. */
function locating<T>(body: () => T, tell: (reason: string, cause: Error) => JitError): T {
  const { stackTraceLimit } = Error;
  // The calling line lies below tfjs's own frames.
  Error.stackTraceLimit = 60;
  try {
    return body();
  } catch (error) {
    if (error instanceof JitError && error.located) throw error;
    const cause = error instanceof Error ? error : new Error(String(error));
    const located = tell(explain(cause) + place(cause), cause);
    located.located = true;
    throw located;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Adds the operator's name and its operands' shapes to an error. */
export function operatorError(operator: string, shapes: readonly string[], error: unknown): Error {
  if (error instanceof JitError && error.located) return error;
  const message = error instanceof Error ? error.message : String(error);
  const wrapped = new JitError(
    `operator ${operator} on ${shapes.join(', ') || 'no tensors'}: ${message}`,
  );
  if (error instanceof Error && error.stack) wrapped.stack = error.stack;
  return wrapped;
}

function explain(error: Error): string {
  const missing = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(error.message);
  if (!missing) return error.message;
  return missing[2] === tracingBackend
    ? `operator ${missing[1]} has no compiled form. Use other operators, or run the function eagerly.`
    : `operator ${missing[1]} is not in its backend "${missing[2]}". Use other operators.`;
}

/** Code of tfjs and of this folder, whose frames source maps may name by either file. */
const inner = /[\\/](node_modules|tfjs-[a-z-]+[\\/]src|src[\\/]jit)[\\/]/;

/** The first frame outside of tfjs and this folder. */
function place(error: Error): string {
  for (const line of error.stack?.split('\n').slice(1) ?? []) {
    const frame = /(?:\()?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]+:\d+:\d+)\)?$/.exec(line.trim());
    if (!frame) continue;
    const file = frame[1].startsWith('file://') ? toPath(frame[1]) : frame[1];
    if (inner.test(file)) continue;
    return ` (at ${file})`;
  }
  return '';
}

function toPath(frame: string): string {
  const [, url, position] = /^(.*?)(:\d+:\d+)$/.exec(frame)!;
  return fileURLToPath(url) + position;
}
