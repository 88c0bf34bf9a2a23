import { note } from './common.js';

/** Exit status of a command that a signal ended early. */
export const interrupted = 130;

/**
 * Runs work that can be stopped: the first SIGINT or SIGTERM sets its signal, the second ends the process
 * at once.
 * @param message what is said when the first one comes.
 * @param within milliseconds after which the first one ends the process, too, whatever the work still waits for.
 */
export async function stoppable<T>(
  message: string,
  work: (signal: AbortSignal) => Promise<T>,
  within?: number,
): Promise<T> {
  const controller = new AbortController();
  const release = () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  const stop = (name: NodeJS.Signals) => {
    release();
    // On a line of its own: the terminal shows ^C, or there is a progress bar.
    process.stderr.write('\n');
    note(message);
    // Not by `process.exit`, which waits for a picture that is being decoded.
    if (within !== undefined) setTimeout(() => process.kill(process.pid, name), within).unref();
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
