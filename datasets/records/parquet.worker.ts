import { LRUCache } from 'lru-cache';
import { serveTasks } from '../../src/threads/serveTasks.js';
import { ParquetFile } from './parquetFile.js';
import type { ParquetTask } from './parquetShard.js';

/** Files whose rows are kept. */
const mostFiles = 16;

// The library reads columns at the same time: where one has failed, nobody hears of the failures of others.
process.on('unhandledRejection', () => {});

const files = new LRUCache<number, ParquetFile>({ max: mostFiles });

serveTasks(async ({ path, row, reader }: ParquetTask): Promise<object> => {
  const file = files.get(reader) ?? new ParquetFile(path);
  files.set(reader, file);
  if (row === undefined) return { count: await file.count() };
  return { row: withOwnBytes(await file.read(row)) };
});

/** A copy whose bytes can be handed over: those of a row lie in one piece of memory with those of others. */
function withOwnBytes(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return (value as Uint8Array).slice();
  if (Array.isArray(value)) return value.map(withOwnBytes);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, withOwnBytes(own)]));
}
