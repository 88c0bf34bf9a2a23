import { type Progress, ProgressBar } from '../progressBar.js';
import type { HubOptions } from './hub.js';

/**
 * Shows a model's download while `work` is at it. Nothing appears when nothing is fetched.
 * @param name what is being downloaded, as it is shown.
 * @param work gets the options to pass to `loadModelFolder`.
 * @param stream where to; standard error by default.
 * @returns what `work` returns.
 */
export async function withDownloadBar<T>(
  name: string,
  work: (options: Pick<HubOptions, 'onProgress' | 'onNotice'>) => Promise<T>,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<T> {
  const bar = new ProgressBar(name, stream);
  try {
    return await work({
      onProgress: ({ file, done, total }) =>
        bar.show(done, total, (progress) => `${describe(progress)}, ${file}`),
      onNotice: (message) => {
        // On a line of its own; the bar goes on below.
        bar.stop();
        stream.write(`${message}\n`);
      },
    });
  } finally {
    bar.stop();
  }
}

function describe({ done, total, rate, left }: Progress): string {
  return `${megabytes(done)} of ${megabytes(total)} MB, ${megabytes(rate)} MB/s, ${left} left`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}
