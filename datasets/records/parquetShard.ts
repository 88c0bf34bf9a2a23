import { UserError } from '../../src/errors.js';
import { TaskThreads } from '../../src/threads/taskThreads.js';
import type { Row } from './parquetFile.js';

/** What the thread is asked for: a row of a file, or how many it has. */
export interface ParquetTask {
  path: string;
  row?: number;
  /** Tells who asks: what is kept of a file is kept for them alone. */
  reader: number;
}

interface ParquetAnswer {
  count: number;
  row: Row;
}

/** Decoding a group of rows of 1 GB takes a slow machine a third of that. */
const mostMs = 120_000;

/**
 * Reads parquet files on a thread of its own: there are damaged ones of which the library never comes to an end, and
 * a thread can be ended. One task at a time, so that a file that is ended takes no other with it.
 */
export class ParquetThread {
  readonly #threads: TaskThreads<ParquetTask, ParquetAnswer>;
  #before: Promise<unknown> = Promise.resolve();

  /** @param ms what a row may take. */
  constructor(ms = mostMs) {
    const script = new URL('./parquet.worker.js', import.meta.url);
    this.#threads = new TaskThreads(script, { count: 1, mostMs: ms });
  }

  /** @throws UserError for a file that is damaged; an Error for one on which the thread came to its end */
  run(task: ParquetTask): Promise<ParquetAnswer> {
    const answer = this.#before.then(() => this.#threads.run(task));
    this.#before = answer.catch(() => {});
    return answer;
  }
}

const sharedThread = new ParquetThread();
let readers = 0;

/** Number of rows of a parquet file. @throws UserError when it is not one. */
export function countParquetRows(path: string, thread = sharedThread): Promise<number> {
  return new ParquetRows(path, thread).count();
}

/** Reads single rows of a parquet file. */
export class ParquetRows {
  readonly #path: string;
  readonly #thread: ParquetThread;
  readonly #reader = readers++;
  /** Why the file is not looked at again. */
  #endless: UserError | undefined;

  constructor(path: string, thread = sharedThread) {
    this.#path = path;
    this.#thread = thread;
  }

  /** How many rows it has. @throws UserError when it is no parquet file */
  async count(): Promise<number> {
    return (await this.#ask()).count;
  }

  /** @throws UserError when the row cannot be decoded */
  async read(row: number): Promise<Row> {
    return (await this.#ask(row)).row;
  }

  async #ask(row?: number): Promise<ParquetAnswer> {
    if (this.#endless) throw this.#endless;
    const path = this.#path;
    try {
      return await this.#thread.run({ path, row, reader: this.#reader });
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      this.#endless = new UserError(`${path} is damaged (${(cause as Error).message}).`, { cause });
      throw this.#endless;
    }
  }
}
