import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { LRUCache } from 'lru-cache';
import { UserError } from '../../src/errors.js';

/** A row, by the names of its columns. */
export type Row = Record<string, unknown>;

/** Rows of so many bytes, compressed, are kept at once. */
const mostKeptBytes = 2 ** 28;
/** Systems read less than 2 GiB at once. */
const mostReadBytes = 2 ** 30;

/**
 * A parquet file, read on the calling thread, which a damaged file may never give back. A group of rows has to be
 * decoded as a whole, so that those which were used last are kept.
 */
export class ParquetFile {
  readonly #file: Promise<{ buffer: AsyncBuffer; metadata: FileMetaData }>;
  readonly #path: string;
  readonly #groups = new LRUCache<number, Promise<Row[]>>({
    maxSize: mostKeptBytes,
    maxEntrySize: Number.MAX_SAFE_INTEGER,
  });

  constructor(path: string) {
    this.#path = path;
    this.#file = openParquet(path);
  }

  /** How many rows it has. @throws UserError when it is no parquet file */
  async count(): Promise<number> {
    const { metadata } = await this.#file;
    return Number(metadata.num_rows);
  }

  /** @throws UserError when the row cannot be decoded */
  async read(row: number): Promise<Row> {
    const { metadata } = await this.#file;
    let first = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      const rows = Number(group.num_rows);
      if (row < first + rows) {
        const decoded = await this.#group(index, first, rows, Number(group.total_byte_size));
        return decoded[row - first];
      }
      first += rows;
    }
    throw new UserError(`${this.#path} has no row ${row}.`);
  }

  #group(index: number, first: number, count: number, bytes: number): Promise<Row[]> {
    const known = this.#groups.get(index);
    if (known) return known;
    const rows = this.#decode(first, first + count);
    // One group is kept however large it is.
    this.#groups.set(index, rows, { size: Math.max(1, Math.min(bytes, mostKeptBytes)) });
    return rows;
  }

  async #decode(rowStart: number, rowEnd: number): Promise<Row[]> {
    const { buffer, metadata } = await this.#file;
    try {
      const settings = { metadata, compressors, rowStart, rowEnd, utf8: false };
      return (await parquetReadObjects({ file: buffer, ...settings })) as Row[];
    } catch (cause) {
      // Other columns may still be under way, and never come to an end: this file is to blame, not the next one.
      await nextTurn();
      const why = (cause as Error).message;
      throw new UserError(
        `${this.#path}: rows ${rowStart} to ${rowEnd - 1} are damaged (${why}).`,
        {
          cause,
        },
      );
    }
  }
}

/** A file that is read at once, so that nothing is under way in the turn after one in which it was read. */
function bufferOf(path: string): AsyncBuffer {
  const byteLength = statSync(path).size;
  const slice = (start: number, end = byteLength) => {
    const bytes = new Uint8Array(Math.min(end, byteLength) - start);
    const descriptor = openSync(path, 'r');
    try {
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(bytes.length - done, mostReadBytes);
        const count = readSync(descriptor, bytes, done, length, start + done);
        if (count === 0) throw new Error('it has become shorter');
        done += count;
      }
    } finally {
      closeSync(descriptor);
    }
    return bytes.buffer;
  };
  return { byteLength, slice };
}

async function openParquet(path: string): Promise<{ buffer: AsyncBuffer; metadata: FileMetaData }> {
  try {
    const buffer = bufferOf(path);
    const metadata = await parquetMetadataAsync(buffer);
    checkMetadata(metadata);
    return { buffer, metadata };
  } catch (cause) {
    throw new UserError(`${path} is not a parquet file (${(cause as Error).message}).`, { cause });
  }
}

function checkMetadata({ num_rows, row_groups }: FileMetaData): void {
  let rows = 0;
  for (const group of row_groups) {
    if (!(Number(group.num_rows) >= 0 && Number(group.total_byte_size) >= 0)) {
      throw new Error('a group of rows has no size');
    }
    rows += Number(group.num_rows);
  }
  if (rows !== Number(num_rows)) throw new Error(`its groups have ${rows} rows, not ${num_rows}`);
}
