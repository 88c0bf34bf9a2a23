import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../src/files/cacheFolder.js';

/**
 * Where the records of a shard lie in it: `width` numbers for each. Those of a large shard stay in a file,
 * so that the memory they take does not grow with the data.
 */
export interface ShardIndex {
  count: number;
  width: number;
  /** In shared memory, or the file that holds them. */
  numbers: Float64Array | string;
  /** What is wrong with the shard though its records up to there can be read. */
  problem?: string;
}

/** Shards of fewer bytes are indexed anew each time, in memory. */
const smallShard = 2 ** 26;

/**
 * The index of a shard: a kept one, if the shard has not changed since, or a new one.
 * @param scan calls `add` for each record, with `width` numbers, and returns what is wrong at the shard's end
 */
export function indexShard(
  path: string,
  width: number,
  scan: (add: (numbers: readonly number[]) => void) => string | undefined,
): ShardIndex {
  const { size, mtimeMs } = statSync(path);
  const kept = size < smallShard ? null : keptIndex([realpathSync(path), size, mtimeMs, width]);
  if (kept) {
    const found = readKept(kept, width);
    if (found) return found;
  }
  const sink = new NumberSink(kept);
  let problem: string | undefined;
  try {
    problem = scan((numbers) => sink.add(numbers));
  } catch (error) {
    sink.discard();
    throw error;
  }
  const numbers = sink.end();
  const count = sink.length / width;
  return { count, width, numbers, ...(problem !== undefined && { problem }) };
}

/** Reads the numbers of single records. */
export class IndexReader {
  readonly #index: ShardIndex;
  readonly #descriptor: number | undefined;

  constructor(index: ShardIndex) {
    this.#index = index;
    if (typeof index.numbers === 'string') this.#descriptor = openSync(index.numbers, 'r');
  }

  numbersOf(record: number): Float64Array {
    const { numbers, width } = this.#index;
    if (typeof numbers !== 'string') return numbers.subarray(record * width, (record + 1) * width);
    const values = new Float64Array(width);
    readSync(this.#descriptor!, values, 0, 8 * width, 8 * width * record);
    return values;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}

function keptIndex(identity: readonly unknown[]): string {
  const folder = cacheFolder('indexes');
  mkdirSync(folder, { recursive: true });
  return join(folder, createHash('sha1').update(JSON.stringify(identity)).digest('hex'));
}

function readKept(file: string, width: number): ShardIndex | null {
  try {
    return { count: statSync(file).size / 8 / width, width, numbers: file };
  } catch {
    return null;
  }
}

/** Collects numbers in shared memory, or in a file that gets its name when it is complete. */
class NumberSink {
  readonly #file: string | null;
  readonly #temporary: string;
  readonly #descriptor: number | undefined;
  readonly #chunks: Float64Array[] = [];
  #chunk = new Float64Array(2 ** 16);
  #filled = 0;
  length = 0;

  constructor(file: string | null) {
    this.#file = file;
    this.#temporary = `${file}.${randomUUID()}.tmp`;
    if (file) this.#descriptor = openSync(this.#temporary, 'w');
  }

  add(numbers: readonly number[]): void {
    for (const value of numbers) {
      if (this.#filled === this.#chunk.length) this.#flush();
      this.#chunk[this.#filled++] = value;
    }
    this.length += numbers.length;
  }

  end(): Float64Array | string {
    this.#flush();
    if (this.#file && this.#descriptor !== undefined) {
      closeSync(this.#descriptor);
      renameSync(this.#temporary, this.#file);
      return this.#file;
    }
    const all = new Float64Array(new SharedArrayBuffer(8 * this.length));
    let filled = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, filled);
      filled += chunk.length;
    }
    return all;
  }

  discard(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    rmSync(this.#temporary, { force: true });
  }

  #flush(): void {
    const values = this.#chunk.subarray(0, this.#filled);
    if (this.#descriptor !== undefined) writeSync(this.#descriptor, values);
    else this.#chunks.push(values.slice());
    this.#filled = 0;
  }
}
