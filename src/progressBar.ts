import { SingleBar } from 'cli-progress';

const plainLineEvery = 10_000;

/** How far work is that counts up to a known total. */
export interface Progress {
  done: number;
  total: number;
  /** What is done in a second; 0 as long as that is not known. */
  rate: number;
  /** Time left, as "1m 05s"; "?" as long as it is not known. */
  left: string;
}

/**
 * Shows how long work goes: a bar on a terminal, elsewhere a line at the start, every ten seconds and at
 * the end. Nothing appears before the first `show`, which also starts the clock.
 */
export class ProgressBar {
  readonly #name: string;
  readonly #stream: NodeJS.WriteStream;
  #start: { time: number; done: number } | undefined;
  #bar: SingleBar | undefined;
  #shown = 0;

  /** @param name what is at work, as it is shown. */
  constructor(name: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#name = name;
    this.#stream = stream;
  }

  /** @param describe the words beside the bar. */
  show(done: number, total: number, describe: (progress: Progress) => string): void {
    this.#start ??= { time: Date.now(), done };
    const seconds = (Date.now() - this.#start.time) / 1000;
    const rate = seconds > 0 ? (done - this.#start.done) / seconds : 0;
    const left = rate > 0 ? formatDuration((total - done) / rate) : '?';
    const text = describe({ done, total, rate, left });
    if (this.#stream.isTTY) this.#draw(done, total, text);
    else if (done === total || Date.now() - this.#shown >= plainLineEvery) {
      this.#shown = Date.now();
      this.#stream.write(`${this.#name}: ${text}\n`);
    }
  }

  /** Ends the display; may be called twice. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #draw(done: number, total: number, text: string): void {
    if (this.#bar) {
      this.#bar.update(done, { text });
      return;
    }
    const format = `${this.#name} {bar} {text}`;
    this.#bar = new SingleBar({ format, stream: this.#stream, hideCursor: true, barsize: 24 });
    this.#bar.start(total, done, { text });
  }
}

/** 3725 seconds as "1h 02m", 65 as "1m 05s". */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return whole >= 60 ? `${Math.floor(whole / 60)}m ${two(whole % 60)}s` : `${whole}s`;
}
