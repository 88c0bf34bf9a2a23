import { SingleBar } from 'cli-progress';
import { formatDuration } from '../training/progress.js';

const plainLineEvery = 10_000;

/** A display of how much of a known number is done. */
export interface Counting {
  show: (done: number, total: number) => void;
  /** Ends the display; may be called twice. */
  stop: () => void;
}

/**
 * Shows on stderr how work goes that counts things: a bar with rate and time left on a terminal,
 * elsewhere a line every ten seconds and one at the end. The first call of `show` starts the clock.
 */
export function showCounting(name: string, unit: string): Counting {
  const stream = process.stderr;
  let start: { time: number; done: number } | undefined;
  let bar: SingleBar | undefined;
  let shown = Date.now();
  return {
    show(done, total) {
      start ??= { time: Date.now(), done };
      const perSecond = (done - start.done) / Math.max(0.001, (Date.now() - start.time) / 1000);
      const rate = perSecond.toFixed(1);
      const left = perSecond > 0 ? formatDuration((total - done) / perSecond) : '?';
      if (stream.isTTY) {
        const format = `${name} {bar} {value}/{total} ${unit}, {rate} a second, {left} left`;
        if (bar) bar.update(done, { rate, left });
        else {
          bar = new SingleBar({ format, stream, hideCursor: true, barsize: 24 });
          bar.start(total, done, { rate, left });
        }
      } else if (done === total || Date.now() - shown >= plainLineEvery) {
        shown = Date.now();
        stream.write(`${name}: ${done}/${total} ${unit}, ${rate} a second, ${left} left\n`);
      }
    },
    stop: () => bar?.stop(),
  };
}
