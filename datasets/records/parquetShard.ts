import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { LRUCache } from 'lru-cache';
import { UserError } from '../../src/errors.js';

type Row = Record<string, unknown>;

/** Rows of so many bytes, compressed, are kept at once. */
const mostKeptBytes = 2 ** 28;

/** Number of rows of a parquet file. @throws UserError when it is not one. */
export async function countParquetRows(path: string): Promise<number> {
  const { metadata } = await openParquet(path);
  return Number(metadata.num_rows);
}

/**
 * Reads single rows of a parquet file. A group of rows has to be decoded as a whole, so that those which were
 * used last are kept.
 */
export class ParquetRows {
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

async function openParquet(path: string): Promise<{ buffer: AsyncBuffer; metadata: FileMetaData }> {
  try {
    const buffer = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(buffer);
    checkMetadata(metadata);
    return { buffer, metadata };
  } catch (cause) {
    throw new UserError(`${path} is not a parquet file (${(cause as Error).message}).`, { cause });
  }
}

/**
 * The library starts to read columns before it looks at those that follow: where one of these is wrong, the failures of
 * the others are nobody's and end the process.
 */
function checkMetadata(metadata: FileMetaData): void {
  const schema = parquetSchema(metadata);
  for (const { num_rows, total_byte_size, columns } of metadata.row_groups) {
    if (!(Number(num_rows) >= 0 && Number(total_byte_size) >= 0)) {
      throw new Error('a group of rows has no size');
    }
    for (const { meta_data } of columns) {
      let node: typeof schema | undefined = schema;
      for (const name of meta_data?.path_in_schema ?? ['']) {
        node = node?.children.find(({ element }) => element.name === name);
      }
      if (!node) throw new Error('a column is not in its schema');
    }
  }
}
