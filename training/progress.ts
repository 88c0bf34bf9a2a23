import { formatDuration } from '../src/progressBar.js';
import type { Ranks } from '../src/ranks/ranks.js';
import type { LogEntry } from './log.js';
import type { LossParts } from './trainStep.js';

const plainLineEvery = 10_000;

/**
 * Shows how a run goes: on a terminal one line that updates itself, elsewhere a line every ten seconds.
 * All of it goes to `stream`.
 */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #steps: number;
  readonly #ranks: Ranks;
  #shown = 0;
  #recent: { time: number; step: number }[] = [];

  /** @param ranks of which the first one shows progress, for all */
  constructor(stream: NodeJS.WriteStream, steps: number, ranks: Ranks) {
    this.#stream = stream;
    this.#steps = steps;
    this.#ranks = ranks;
  }

  update(entry: LogEntry): void {
    if (this.#ranks.rank > 0) return;
    const now = Date.now();
    this.#recent.push({ time: now, step: entry.step });
    if (this.#recent.length > 50) this.#recent.shift();
    const last = entry.step === this.#steps;
    if (!this.#stream.isTTY && !last && now - this.#shown < plainLineEvery) return;
    this.#shown = now;
    const text = `step ${entry.step}/${this.#steps}  ${describeLosses(entry.losses)}  ${entry.imagesPerSecond.toFixed(1)} pictures/s  ${this.#remaining(entry.step)}`;
    this.#stream.write(
      this.#stream.isTTY ? `\r${text.slice(0, this.#stream.columns - 1)}\x1b[K` : `${text}\n`,
    );
  }

  /** Prints a message on a line of its own. */
  note(message: string): void {
    if (this.#ranks.rank === 0) this.#print(message);
  }

  /** Prints a message that concerns this rank only. */
  warn(message: string): void {
    const { rank, size } = this.#ranks;
    this.#print(size > 1 ? `[rank ${rank}] ${message}` : message);
  }

  #print(message: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${message}\n` : `${message}\n`);
  }

  /** Ends the updating line. */
  end(): void {
    if (this.#ranks.rank === 0 && this.#stream.isTTY) this.#stream.write('\n');
  }

  #remaining(step: number): string {
    const [first] = this.#recent;
    if (step === this.#steps) return 'done';
    if (first.step === step) return '';
    const perStep = (Date.now() - first.time) / (step - first.step);
    return `${formatDuration(((this.#steps - step) * perStep) / 1000)} left`;
  }
}

/** Short names of the losses' parts; others go by their own. */
const shortNames: Record<string, string> = {
  imageTextLong: 'long',
  imageTextShort: 'short',
  hardNegative: 'hard',
};

function describeLosses({ total, ...parts }: LossParts): string {
  const named = Object.entries(parts).map(
    ([key, value]) => `${shortNames[key] ?? key} ${value.toFixed(3)}`,
  );
  return `loss ${total.toFixed(4)} (${named.join(', ')})`;
}
