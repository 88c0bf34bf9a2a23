import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeTextAtomically } from '../src/files/atomicFile.js';
import type { LossParts } from './trainStep.js';

/** One line of log.jsonl: what step `step` (counted from 1) did. */
export interface LogEntry {
  step: number;
  epoch: number;
  learningRate: number;
  losses: LossParts;
  gradientNorm: number;
  imagesPerSecond: number;
}

/** A run's log.jsonl: one JSON object a line, one line a step. */
export class TrainingLog {
  readonly #descriptor: number;
  readonly entries: LogEntry[];

  private constructor(file: string, entries: LogEntry[]) {
    this.entries = entries;
    this.#descriptor = openSync(file, 'a');
  }

  /** Opens the log in `folder` and cuts off what was written after step `step`. */
  static async open(folder: string, step: number): Promise<TrainingLog> {
    const file = join(folder, 'log.jsonl');
    const entries = readLog(file).filter((entry) => entry.step <= step);
    await writeTextAtomically(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    return new TrainingLog(file, entries);
  }

  add(entry: LogEntry): void {
    this.entries.push(entry);
    writeSync(this.#descriptor, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The entries of a log.jsonl; none when it does not exist. A last line cut off by a crash is left out. */
export function readLog(file: string): LogEntry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as LogEntry];
    } catch {
      return [];
    }
  });
}
