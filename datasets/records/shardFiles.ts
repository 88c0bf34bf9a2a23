import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { isDynamicPattern } from 'tinyglobby';
import { UserError } from '../../src/errors.js';
import { filesMatching } from '../../src/files/filesMatching.js';

/** How a file holds records. */
export type ShardFormat = 'json' | 'jsonl' | 'tar' | 'parquet';

/** By the ends of names; of a folder with several, the first is taken: img2dataset puts its notes beside its shards. */
const endings: [ShardFormat, RegExp][] = [
  ['tar', /\.tar$/i],
  ['parquet', /\.parquet$/i],
  ['jsonl', /\.(jsonl|ndjson)$/i],
  ['json', /\.json$/i],
];

/** What img2dataset writes about a shard. */
const notRecords = /_stats\.json$/;

/**
 * The files of records that a path means: itself, those of a folder, or those that a pattern like
 * `shards/*.tar` fits; in the order of their names.
 * @throws UserError when there are none
 */
export function shardFiles(path: string): { path: string; format: ShardFormat }[] {
  if (isDynamicPattern(path)) {
    const files = filesMatching(path).sort();
    if (files.length === 0) throw new UserError(`No file fits ${path}.`);
    return files.map((file) => ({ path: file, format: formatOf(file) }));
  }
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new UserError(`There is no file or folder of records at ${path}.`);
  }
  if (!isFolder) return [{ path, format: formatOf(path) }];
  const names = readdirSync(path).sort();
  for (const [format, ending] of endings) {
    const fitting = names.filter((name) => ending.test(name) && !notRecords.test(name));
    if (fitting.length > 0) return fitting.map((name) => ({ path: join(path, name), format }));
  }
  throw new UserError(`The folder ${path} has no .json, .jsonl, .parquet or .tar files.`);
}

function formatOf(path: string): ShardFormat {
  const known = endings.find(([, ending]) => ending.test(path));
  if (known) return known[0];
  throw new UserError(
    `${path} ends in "${extname(path)}": records are read from .json, .jsonl, .parquet and .tar files.`,
  );
}
