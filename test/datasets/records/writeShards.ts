import { writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { pack } from 'tar-stream';

/** Writes a tar file as webdataset's writers do. */
export async function writeTar(
  path: string,
  files: readonly { name: string; content: Buffer }[],
): Promise<void> {
  const archive = pack();
  for (const { name, content } of files) archive.entry({ name }, content);
  archive.finalize();
  writeFileSync(path, await buffer(archive));
}

/** Writes a parquet file; values that are bytes stay bytes. */
export async function writeParquet(
  path: string,
  rows: readonly Record<string, unknown>[],
  rowGroupSize = 1000,
): Promise<void> {
  const columnData = Object.keys(rows[0]).map((name) => ({
    name,
    data: rows.map((row) => row[name]),
    type: rows[0][name] instanceof Uint8Array ? ('BYTE_ARRAY' as const) : ('STRING' as const),
  }));
  writeFileSync(path, Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize })));
}
