import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import pMap from 'p-map';
import sharp from 'sharp';
import type { StoredRecord } from '../../datasets/finehard.js';
import { Journal, type Shard } from '../../datasets/journal.js';
import { UserError } from '../../src/errors.js';
import { writeAtomically, writeTextAtomically } from '../../src/files/atomicFile.js';
import { ImageError } from '../../src/images/imageError.js';
import type { Draft, DraftSource } from './drafts.js';
import { type ConstructionStep, type Counts, Rejected, Unanswered } from './step.js';

export interface ConstructOptions {
  /** Gets `finehard.json`, `report.json`, and the journal that a stopped run goes on from. */
  output: string;
  /** One of several processes that share the records. */
  shard?: Shard;
  /** Stop when the estimate has been given. */
  estimateOnly?: boolean;
  signal?: AbortSignal;
  /** Is told, once some records are done, what all will take. */
  onEstimate?: (estimate: Estimate) => void;
  /** Is told how many of this process's records are done. */
  onProgress?: (done: number, total: number) => void;
  /** Is told why a record is left out. */
  onProblem?: (problem: string) => void;
}

/** What the records that are left will take, as those that were just done say. */
export interface Estimate {
  /** Records done just now, and those left. */
  done: number;
  left: number;
  /** For those that are left. */
  seconds: number;
  /** For all, the first ones included. */
  counts: Counts;
}

/** What was made. */
export interface ConstructionReport {
  step: string;
  records: number;
  /** Records in `finehard.json`. */
  kept: number;
  /** Records that nothing could be made of, by the reason. */
  failed: Counts;
  /** Records that can be tried again, by the reason. */
  unanswered: Counts;
  /** What the step counted. */
  counts: Counts;
  /** The file of records; absent as long as records are missing. */
  file?: string;
}

/** A line of the journal. */
type Line = [record: number, result: StoredRecord | { failed: string }, counts: Counts];

/** Records done before the estimate, at least. */
const fewestForEstimate = 4;

/** After so many in a row, a server that does not answer is not asked any more. */
const mostUnansweredInARow = 10;

/**
 * Takes all records of a source through a step. What is done is kept: a run that was stopped, or had no
 * answer for some records, goes on where it was when it is started again.
 * @throws UserError when the folder holds another run, or a server answers nothing at all
 */
export async function construct(
  step: ConstructionStep,
  source: DraftSource,
  options: ConstructOptions,
): Promise<ConstructionReport> {
  const work = new Construction(step, source, options);
  const missing = work.missing();
  const first = missing.splice(0, Math.max(fewestForEstimate, step.concurrency));
  const began = performance.now();
  const before = { ...work.counts };
  await work.run(first);
  if (missing.length > 0) {
    const { onEstimate, estimateOnly } = options;
    const times = missing.length / first.length;
    const counts = Object.entries(work.counts).map(([name, count]) => [
      name,
      Math.round(count + times * (count - (before[name] ?? 0))),
    ]);
    onEstimate?.({
      ...{ done: first.length, left: missing.length, counts: Object.fromEntries(counts) },
      seconds: (times * (performance.now() - began)) / 1000,
    });
    if (estimateOnly) return work.report();
    await work.run(missing);
  }
  return work.finish();
}

/** Failures that stop a run where they are more than half of what was done. */
const fewestFailures = 20;

class Construction {
  readonly counts: Counts = {};
  readonly #step: ConstructionStep;
  readonly #source: DraftSource;
  readonly #options: ConstructOptions;
  readonly #shard: Shard;
  readonly #journal: Journal;
  /** Of the records of this process, those that are done. */
  #ownDone = 0;
  /** 1 for records that are done. */
  readonly #isDone: Uint8Array;
  readonly #failed: Counts = {};
  readonly #unanswered: Counts = {};
  #done = 0;
  #inARow = 0;

  constructor(step: ConstructionStep, source: DraftSource, options: ConstructOptions) {
    const { output, shard = { index: 0, count: 1 } } = options;
    this.#step = step;
    this.#source = source;
    this.#options = options;
    this.#shard = shard;
    this.#isDone = new Uint8Array(source.count);
    const run = [step.name, step.identity, source.identity];
    this.#journal = new Journal({ folder: output, name: step.name, run, shard });
    this.#journal.read((value) => this.#count(value as Line));
  }

  /** Records that this process has to do. */
  missing(): number[] {
    const { index, count } = this.#shard;
    const missing: number[] = [];
    for (let i = index; i < this.#source.count; i += count) if (!this.#isDone[i]) missing.push(i);
    return missing;
  }

  async run(records: readonly number[]): Promise<void> {
    const { signal } = this.#options;
    const stop = new AbortController();
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const one = async (record: number) => {
      if (either.aborted) return;
      // The others come to their end before anything is thrown, so that what they did is kept.
      await this.#one(record, either).catch((error) => stop.abort(error));
    };
    await pMap(records, one, { concurrency: this.#step.concurrency });
    signal?.throwIfAborted();
    stop.signal.throwIfAborted();
  }

  report(): ConstructionReport {
    return {
      step: this.#step.name,
      records: this.#source.count,
      kept: this.#done - total(this.#failed),
      failed: this.#failed,
      unanswered: this.#unanswered,
      counts: this.counts,
    };
  }

  /** Writes the records in their order, where all are done. */
  async finish(): Promise<ConstructionReport> {
    const { output } = this.#options;
    if (this.#done < this.#source.count) return this.report();
    const file = join(output, 'finehard.json');
    await this.#writeRecords(file);
    const report = { ...this.report(), file };
    await writeTextAtomically(join(output, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    return report;
  }

  async #one(record: number, signal: AbortSignal): Promise<void> {
    const counts: Counts = {};
    let result: Line[1];
    try {
      result = await this.#make(record, counts, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Unanswered) return this.#note(error);
      if (!(error instanceof Rejected)) throw error;
      result = { failed: error.message };
    }
    this.#inARow = 0;
    const line: Line = [record, result, counts];
    await this.#journal.add(line);
    this.#count(line);
    const { index, count } = this.#shard;
    const own = Math.ceil((this.#source.count - index) / count);
    this.#options.onProgress?.(this.#ownDone, own);
    const failures = total(this.#failed);
    if ('failed' in result && failures >= fewestFailures && failures > this.#done / 2) {
      throw new UserError(
        `Nothing can be made of ${failures} of the first ${this.#done} records; the last one: ${result.failed}.`,
      );
    }
  }

  async #make(record: number, counts: Counts, signal: AbortSignal): Promise<StoredRecord> {
    let where = `record ${record}`;
    const reject = (reason: string, error: unknown) => {
      const { message } = error as Error;
      const place = message.includes(where) ? '' : `${where}: `;
      this.#options.onProblem?.(`${place}${message}`);
      return new Rejected(reason);
    };
    let draft: Draft;
    try {
      draft = await this.#source.read(record);
    } catch (error) {
      throw error instanceof UserError ? reject('the record is malformed', error) : error;
    }
    where = draft.where;
    try {
      // Texts are found and rewritten by the rules of English.
      const isEnglish = draft.record.is_cn === undefined;
      const made = isEnglish ? await this.#step.run(draft, counts, signal) : draft.record;
      return draft.pictureInside ? await this.#withPicture(made, record, draft) : made;
    } catch (error) {
      if (error instanceof ImageError) throw reject('its picture cannot be read', error);
      throw error instanceof Rejected ? reject(error.message, error) : error;
    }
  }

  /** Copies a picture that lies among the records to a file of its own. */
  async #withPicture(made: StoredRecord, record: number, draft: Draft): Promise<StoredRecord> {
    const bytes = await draft.picture();
    const { format } = await sharp(bytes).metadata();
    const name = `${String(record).padStart(9, '0')}.${format === 'jpeg' ? 'jpg' : format}`;
    await writeAtomically(join(this.#options.output, 'images', name), (f) => f.writeFile(bytes));
    return { ...made, f_path: name };
  }

  #note({ message }: Unanswered): void {
    this.#unanswered[message] = (this.#unanswered[message] ?? 0) + 1;
    this.#inARow++;
    if (this.#inARow < mostUnansweredInARow) return;
    throw new UserError(
      `${message}, ${this.#inARow} times in a row. What is done is kept: the same command goes on from here.`,
    );
  }

  #count([record, result, counts]: Line): void {
    if (this.#isDone[record]) return;
    this.#isDone[record] = 1;
    this.#done++;
    if (record % this.#shard.count === this.#shard.index) this.#ownDone++;
    if ('failed' in result) this.#failed[result.failed] = (this.#failed[result.failed] ?? 0) + 1;
    for (const [name, count] of Object.entries(counts)) {
      this.counts[name] = (this.counts[name] ?? 0) + count;
    }
  }

  /** The journals of all processes, in the order of the records, without reading them into memory. */
  async #writeRecords(file: string): Promise<void> {
    const files: string[] = [];
    const places = new Float64Array(3 * this.#source.count);
    this.#journal.read((value, span) => {
      const [record] = value as Line;
      if (files.at(-1) !== span.file) files.push(span.file);
      places.set([files.length - 1, span.start, span.end], 3 * record);
    });
    const open = files.map((path) => openSync(path, 'r'));
    try {
      await writeAtomically(file, async (handle) => {
        let separator = '[\n';
        for (let i = 0; i < places.length; i += 3) {
          const [number, start, end] = places.subarray(i, i + 3);
          const bytes = Buffer.alloc(end - start);
          readSync(open[number], bytes, 0, bytes.length, start);
          const [, result] = JSON.parse(bytes.toString('utf8')) as Line;
          if ('failed' in result) continue;
          await handle.writeFile(`${separator}${JSON.stringify(result)}`);
          separator = ',\n';
        }
        await handle.writeFile(separator === '[\n' ? '[]\n' : '\n]\n');
      });
    } finally {
      for (const descriptor of open) closeSync(descriptor);
    }
  }
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
