import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beginningOf, fetchOrStall, stallMs } from './boundedFetch.js';
import { CheckpointError } from './checkpointError.js';

export interface Download {
  url: string;
  /** Where the complete file goes; until then it grows in `<path>.incomplete`. */
  path: string;
  /** In bytes. */
  size: number;
  /** SHA-256 of the content (64 digits), or the SHA-1 git gives it (40 digits). */
  hash: string;
  headers?: Record<string, string>;
  /** Called with the bytes that are there, at the start and as they come in. */
  onProgress?: (bytes: number) => void;
  /** Attempts in a row that may bring nothing before it gives up. Default: 5. */
  attempts?: number;
  /** Milliseconds before the second attempt; doubled for each further one. Default: 1000. */
  pause?: number;
  /** Milliseconds in which something must come. */
  stall?: number;
}

/** The server answered, but not with the file. */
export class DownloadRefused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Downloads a file, going on where an earlier attempt or an earlier process stopped. Broken connections
 * and overloaded servers are tried again; the content is checked against its hash.
 * @throws DownloadRefused for an answer that trying again will not change; CheckpointError when the
 *   connection stays broken, or the content is longer than announced or wrong.
 */
export async function download(request: Download): Promise<void> {
  const { path, size, attempts = 5, pause = 1000, stall = stallMs } = request;
  await mkdir(dirname(path), { recursive: true });
  const incomplete = `${path}.incomplete`;
  // Every process writes each byte to its own place, so two that fetch the same file do no harm.
  const file = await open(incomplete, 'a+').then(async (created) => {
    await created.close();
    return open(incomplete, 'r+');
  });
  try {
    let failures = 0;
    let brought = Date.now();
    let have = Math.min((await file.stat()).size, size);
    request.onProgress?.(have);
    while (have < size) {
      const before = have;
      try {
        have = await transfer(request, file, have);
      } catch (error) {
        if (error instanceof DownloadRefused || error instanceof CheckpointError) throw error;
        have = Math.min((await file.stat()).size, size);
        failures = have > before ? 0 : failures + 1;
        if (have > before) brought = Date.now();
        // Who has been silent twice says nothing the third time.
        const isSilent = Date.now() - brought > 2 * stall;
        if (failures >= attempts || isSilent) throw brokenOff(request, have, error as Error);
        await setTimeout(pause * 2 ** Math.max(0, failures - 1));
      }
    }
    await file.truncate(size);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await checkContent(request, incomplete);
    await rename(incomplete, path);
  } catch (error) {
    // Another process that fetched the same file was first to rename it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !existsSync(path)) throw error;
  }
}

/** Fetches what follows the first `have` bytes. Returns how many are there at the end. */
async function transfer(request: Download, file: FileHandle, have: number): Promise<number> {
  // Ranges and sizes count the bytes of the file itself, so it must not come compressed.
  const headers = {
    ...request.headers,
    'Accept-Encoding': 'identity',
    ...(have > 0 && { Range: `bytes=${have}-` }),
  };
  const { response, body } = await fetchOrStall(request.url, { headers }, request.stall);
  if (!response.ok) {
    const text = (await beginningOf(body, 200)).trim();
    const message = `${request.url} answered ${response.status}${text && `: ${text}`}`;
    if (response.status >= 500 || response.status === 429) throw new Error(message);
    throw new DownloadRefused(response.status, message);
  }
  // A server that ignores Range sends all of it again.
  let position = response.status === 206 ? have : 0;
  for await (const chunk of body) {
    if (position + chunk.length > request.size) throw await tooLong(request);
    await file.write(chunk, 0, chunk.length, position);
    position += chunk.length;
    request.onProgress?.(position);
  }
  if (position < request.size) throw new Error('the connection closed early');
  return position;
}

async function tooLong({ url, size, path }: Download): Promise<CheckpointError> {
  await rm(`${path}.incomplete`, { force: true });
  return new CheckpointError(
    `${url} sends more than the ${size} bytes that were announced. What came was deleted.`,
  );
}

async function checkContent({ url, size, hash }: Download, incomplete: string): Promise<void> {
  const isGit = hash.length === 40;
  const digest = createHash(isGit ? 'sha1' : 'sha256');
  if (isGit) digest.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(incomplete)) digest.update(chunk);
  if (digest.digest('hex') === hash) return;
  await rm(incomplete, { force: true });
  throw new CheckpointError(
    `What came from ${url} is damaged: its ${isGit ? 'SHA-1' : 'SHA-256'} is not ${hash}. It was deleted; try again.`,
  );
}

function brokenOff({ url, size, path }: Download, have: number, reason: Error): CheckpointError {
  const cause = reason.cause ? `: ${(reason.cause as Error).message}` : '';
  return new CheckpointError(
    `The download of ${url} broke off after ${have} of ${size} bytes (${reason.message}${cause}). What has come is kept in ${path}.incomplete; run the same again to go on from there.`,
  );
}
