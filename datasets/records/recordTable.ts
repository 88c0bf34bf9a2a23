import { closeSync, openSync, readSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import { UserError } from '../../src/errors.js';
import { parseJson } from '../../src/files/jsonFile.js';
import { scanJsonArray } from './jsonArrayShard.js';
import { scanJsonLines } from './jsonLinesShard.js';
import { countParquetRows, ParquetRows } from './parquetShard.js';
import { type ShardFormat, shardFiles } from './shardFiles.js';
import { IndexReader, indexShard, type ShardIndex } from './shardIndex.js';
import { scanTar, tarMembers } from './tarShard.js';

/** Where records lie. */
export interface RecordSource {
  /** A file of records, a folder of them, or a pattern: .json, .jsonl, .parquet, or webdataset's .tar. */
  records: string;
  /** The folder that the records' picture paths are relative to. Default: the working directory. */
  images?: string;
  /** How often an epoch of training shows each record. Default 1. */
  weight?: number;
}

/** A source's records among all: those from `first` on. */
export interface SourceRecords {
  images: string;
  weight: number;
  first: number;
  count: number;
  /** Whether its records are Chinese; from `noteLanguages`. */
  chinese?: boolean;
}

/** One file of records, and where they lie in it. */
interface Shard {
  path: string;
  format: ShardFormat;
  source: number;
  first: number;
  count: number;
  /** Of all formats but parquet. */
  index?: ShardIndex;
}

/**
 * Where every record of a data set lies, so that any one can be read without the others. Plain data, which
 * threads share; the places in large files stay in files themselves, so that data of any size can be opened.
 */
export interface RecordTable {
  sources: SourceRecords[];
  shards: Shard[];
  /** What is wrong with files whose other records can be read. */
  problems: string[];
}

/** Number of records in the table. */
export function recordCount({ sources }: RecordTable): number {
  return sources.reduce((sum, { count }) => sum + count, 0);
}

/**
 * Finds the records of all sources; their contents are not looked at yet. Large files are looked through
 * once, and what was found is kept in the user's cache folder (`$XDG_CACHE_HOME/fgdet/indexes`).
 * @param onProgress is told how many files of how many are done
 * @throws UserError for a file that is missing, of another kind, or cut off, and for empty data.
 */
export async function openRecordTable(
  given: readonly RecordSource[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<RecordTable> {
  const files = given.map(({ records }) => shardFiles(records));
  const total = files.reduce((sum, own) => sum + own.length, 0);
  const table: RecordTable = { sources: [], shards: [], problems: [] };
  let first = 0;
  for (const [source, { images = '', weight = 1 }] of given.entries()) {
    const start = first;
    for (const { path, format } of files[source]) {
      onProgress(table.shards.length, total);
      const index = format === 'parquet' ? undefined : indexOf(path, format);
      const count = index ? index.count : await countParquetRows(path);
      table.shards.push({ path, format, source, first, count, ...(index && { index }) });
      if (index?.problem !== undefined) table.problems.push(index.problem);
      first += count;
    }
    table.sources.push({ images, weight, first: start, count: first - start });
  }
  if (first === 0) {
    throw new UserError(`There are no records in ${given.map((s) => s.records).join(', ')}.`);
  }
  return table;
}

function indexOf(path: string, format: Exclude<ShardFormat, 'parquet'>): ShardIndex {
  switch (format) {
    case 'json':
      return indexShard(path, 2, (add) => void scanJsonArray(path, add));
    case 'jsonl':
      return indexShard(path, 2, (add) => void scanJsonLines(path, add));
    case 'tar':
      return indexShard(path, 2 * tarMembers.length, (add) => scanTar(path, add));
  }
}

/** A record as its file has it. */
export interface RawRecord {
  value: unknown;
  /** The picture's bytes, where they lie with the record. */
  picture?: Uint8Array;
  /** The number of its source. */
  source: number;
  /** The folder that its picture's path is relative to. */
  images: string;
  /** The file and the place, for messages: "finehard.json, record 12". */
  where: string;
}

/** Of a record, or of a file that belongs to one. */
const mostRecordBytes = 2 ** 28;

/** Files that are open at a time. */
const mostOpen = 64;

/** Reads single records of a table. */
export class RecordReader {
  readonly #table: RecordTable;
  readonly #open = new LRUCache<number, OpenShard>({
    max: mostOpen,
    dispose: (shard) => shard.close(),
  });

  constructor(table: RecordTable) {
    this.#table = table;
  }

  /** @throws UserError with the record's place when it cannot be decoded. */
  async read(record: number): Promise<RawRecord> {
    const { shards, sources } = this.#table;
    const number = lastNotAfter(shards, record);
    const shard = shards[number];
    let open = this.#open.get(number);
    if (!open) {
      open = openShard(shard);
      this.#open.set(number, open);
    }
    const place = record - shard.first;
    const where = `${shard.path}, record ${place}`;
    const { source } = shard;
    const { images } = sources[source];
    return { ...(await open.read(place, where)), source, images, where };
  }

  close(): void {
    this.#open.clear();
  }
}

/** The last shard that begins at that record or before. Empty ones come before the next, which begins there too. */
function lastNotAfter(shards: readonly Shard[], record: number): number {
  let [low, high] = [0, shards.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (shards[middle].first <= record) low = middle;
    else high = middle - 1;
  }
  while (shards[low].count === 0) low--;
  return low;
}

type RecordContent = Pick<RawRecord, 'value' | 'picture'>;

interface OpenShard {
  read(place: number, where: string): RecordContent | Promise<RecordContent>;
  close(): void;
}

function openShard({ path, format, index }: Shard): OpenShard {
  if (format === 'parquet') {
    const rows = new ParquetRows(path);
    return { read: async (place) => ({ value: await rows.read(place) }), close() {} };
  }
  const places = new IndexReader(index!);
  const descriptor = openSync(path, 'r');
  const bytes = (start: number, end: number, where: string) => {
    if (end - start > mostRecordBytes) {
      throw new UserError(`${where} is larger than ${mostRecordBytes / 2 ** 20} MiB.`);
    }
    const buffer = Buffer.alloc(end - start);
    if (readSync(descriptor, buffer, 0, buffer.length, start) < buffer.length) {
      throw new UserError(`${where}: the file has become shorter.`);
    }
    return buffer;
  };
  const read = (place: number, where: string): RecordContent => {
    const spans = places.numbersOf(place);
    if (format !== 'tar') return { value: parseJson(bytes(spans[0], spans[1], where), where) };
    const [json, txt, picture] = tarMembers.map((_, i) =>
      spans[2 * i] < 0 ? undefined : bytes(spans[2 * i], spans[2 * i + 1], where),
    );
    if (!picture) throw new UserError(`${where} has no picture.`);
    const described = json ? parseJson(json, where) : {};
    if (typeof described !== 'object' || described === null) {
      throw new UserError(`${where}: its .json must be an object.`);
    }
    return { value: { ...(txt && { text: txt.toString('utf8').trim() }), ...described }, picture };
  };
  const close = () => {
    places.close();
    closeSync(descriptor);
  };
  return { read, close };
}
