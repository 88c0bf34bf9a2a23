import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../src/errors.js';
import { parseJson } from '../src/jsonFile.js';

/** Where records lie. */
export interface RecordSource {
  /** A JSON file, or a folder of them. */
  records: string;
  /** The folder that the records' picture paths are relative to. Default: the working directory. */
  images?: string;
  /** How often an epoch of training shows each record. Default 1. */
  weight?: number;
}

/** One JSON file of records: which rows of the table it holds, and where its pictures lie. */
export interface RecordFile {
  path: string;
  images: string;
  weight: number;
  first: number;
  count: number;
}

/**
 * Where every record of a data set lies, so that any one can be read without the others: a data set of
 * millions takes 16 bytes a record, and threads share them.
 */
export interface RecordTable {
  files: RecordFile[];
  /** Start and end of each record in its file, in bytes; backed by shared memory. */
  spans: Float64Array;
}

/** Number of records in the table. */
export function recordCount(table: RecordTable): number {
  return table.spans.length / 2;
}

/**
 * Finds the records of all sources; their contents are not looked at yet.
 * @throws UserError for a file that is missing, not a JSON array, or cut off, and for empty data.
 */
export function openRecordTable(sources: readonly RecordSource[]): RecordTable {
  const files: RecordFile[] = [];
  const spans: number[][] = [];
  let first = 0;
  for (const { records, images = '', weight = 1 } of sources) {
    for (const path of recordFiles(records)) {
      const found = scanArray(path);
      const count = found.length / 2;
      files.push({ path, images, weight, first, count });
      spans.push(found);
      first += count;
    }
  }
  if (first === 0) {
    throw new UserError(`There are no records in ${sources.map((s) => s.records).join(', ')}.`);
  }
  const shared = new Float64Array(new SharedArrayBuffer(16 * first));
  files.forEach((file, i) => {
    shared.set(spans[i], 2 * file.first);
  });
  return { files, spans: shared };
}

/** A record as its file has it, with the file and the place ("file, record 12") for messages. */
export interface RawRecord {
  value: unknown;
  file: RecordFile;
  where: string;
}

/** Reads single records of a table, keeping their files open. */
export class RecordReader {
  readonly #table: RecordTable;
  readonly #descriptors = new Map<RecordFile, number>();

  constructor(table: RecordTable) {
    this.#table = table;
  }

  /** @throws UserError with the record's place when it is not valid JSON. */
  read(record: number): RawRecord {
    const { files, spans } = this.#table;
    const file = files.findLast((candidate) => candidate.first <= record && candidate.count > 0)!;
    const where = `${file.path}, record ${record - file.first}`;
    let descriptor = this.#descriptors.get(file);
    if (descriptor === undefined) {
      descriptor = openSync(file.path, 'r');
      this.#descriptors.set(file, descriptor);
    }
    const start = spans[2 * record];
    const bytes = Buffer.alloc(spans[2 * record + 1] - start);
    readSync(descriptor, bytes, 0, bytes.length, start);
    return { value: parseJson(bytes, where), file, where };
  }

  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }
}

function recordFiles(path: string): string[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new UserError(`There is no file or folder of records at ${path}.`);
  }
  if (!isFolder) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith('.json'));
  if (names.length === 0) throw new UserError(`The folder ${path} has no .json files.`);
  return names.sort().map((name) => join(path, name));
}

const chunkBytes = 1 << 22;
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Byte spans (start, end, start, end, …) of the elements of the JSON array that the file holds. */
function scanArray(path: string): number[] {
  const spans: number[] = [];
  const descriptor = openSync(path, 'r');
  const chunk = Buffer.alloc(chunkBytes);
  let depth = 0;
  let inString = false;
  let escaped = false;
  let start = -1;
  let offset = 0;
  let closed = false;
  try {
    for (;;) {
      const length = readSync(descriptor, chunk, 0, chunkBytes, offset);
      if (length === 0) break;
      for (let i = 0; i < length; i++) {
        const byte = chunk[i];
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === backslash) escaped = true;
          else if (byte === quote) inString = false;
          continue;
        }
        if (byte <= 0x20) continue;
        if (depth === 0) {
          // A byte order mark may stand before the array.
          if (byte >= 0x80 && offset + i < 3) continue;
          if (byte !== openBracket || closed) {
            throw new UserError(`${path} is not a JSON array of records (byte ${offset + i}).`);
          }
          depth = 1;
          continue;
        }
        if (depth === 1 && (byte === comma || byte === closeBracket)) {
          if (start >= 0) spans.push(start, offset + i);
          start = -1;
          if (byte === closeBracket) {
            depth = 0;
            closed = true;
          }
          continue;
        }
        if (start < 0) start = offset + i;
        if (byte === quote) inString = true;
        else if (byte === openBracket || byte === openBrace) depth++;
        else if (byte === closeBracket || byte === closeBrace) depth--;
      }
      offset += length;
    }
  } finally {
    closeSync(descriptor);
  }
  if (!closed) {
    throw new UserError(
      offset === 0
        ? `${path} is empty; it should hold a JSON array of records.`
        : `${path} is cut off: its JSON array does not end (${spans.length / 2} whole records).`,
    );
  }
  return spans;
}
