import { SingleBar } from 'cli-progress';
import type { DownloadProgress, HubOptions } from './hub.js';

const plainLineEvery = 10_000;

interface Display {
  show(progress: DownloadProgress): void;
  stop(): void;
}

/**
 * Shows a model's download while `work` is at it: a bar with rate and time left on a terminal, elsewhere
 * a line every ten seconds and one at the end. Nothing appears when nothing is fetched.
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
  let display: Display | undefined;
  const onProgress = (progress: DownloadProgress) => {
    display ??= stream.isTTY ? bar(name, progress, stream) : plainLines(name, progress, stream);
    display.show(progress);
  };
  try {
    return await work({ onProgress, onNotice: (message) => stream.write(`${message}\n`) });
  } finally {
    display?.stop();
  }
}

function bar(name: string, first: DownloadProgress, stream: NodeJS.WriteStream): Display {
  const format = `${name} {bar} {percentage}% of {size} MB, {rate} MB/s, {left} left, {file}`;
  const drawn = new SingleBar({ format, stream, hideCursor: true, barsize: 24 });
  const speed = measureSpeed(first);
  const size = megabytes(first.total);
  drawn.start(first.total, first.done, { size, file: first.file, ...speed(first) });
  return {
    show: (progress) => drawn.update(progress.done, { file: progress.file, ...speed(progress) }),
    stop: () => drawn.stop(),
  };
}

function plainLines(name: string, first: DownloadProgress, stream: NodeJS.WriteStream): Display {
  const speed = measureSpeed(first);
  let shown = 0;
  return {
    show(progress) {
      const { file, done, total } = progress;
      if (done < total && Date.now() - shown < plainLineEvery) return;
      shown = Date.now();
      const { rate, left } = speed(progress);
      stream.write(
        `${name}: ${megabytes(done)} of ${megabytes(total)} MB, ${rate} MB/s, ${left} left, ${file}\n`,
      );
    },
    stop() {},
  };
}

/** Rate (MB/s) and time left (m:ss), as text, since the progress `first`. */
function measureSpeed(first: DownloadProgress) {
  const start = Date.now();
  return ({ done, total }: DownloadProgress) => {
    const seconds = (Date.now() - start) / 1000;
    const rate = seconds > 0 ? (done - first.done) / seconds : 0;
    if (rate === 0) return { rate: '-', left: '-' };
    const left = Math.round((total - done) / rate);
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    return { rate: megabytes(rate), left: clock };
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}
