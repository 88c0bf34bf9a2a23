import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isRunning } from './isRunning.js';
import { makeFolder } from './makeFolder.js';

/** A file that is being written. A plain `write` may write less than it is given, such as on a full disk. */
export type FileInWriting = Pick<FileHandle, 'writeFile'>;

/**
 * Writes a file so that `path` holds either what it held before or the complete new content: `write`
 * fills a temporary file beside it, which is flushed to the disk and renamed. Missing folders are made.
 * When `write` throws, the temporary file is removed and the error passed on.
 */
export async function writeAtomically(
  path: string,
  write: (file: FileInWriting) => Promise<void>,
): Promise<void> {
  const folder = dirname(path);
  makeFolder(folder);
  await removeAbandoned(folder);
  const temporary = join(folder, temporaryName());
  const file = await open(temporary, 'wx');
  try {
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** `writeAtomically` for a text that is at hand. */
export function writeTextAtomically(path: string, text: string): Promise<void> {
  return writeAtomically(path, (file) => file.writeFile(text));
}

/** Told apart by machine: a folder may be shared, and each machine numbers its own processes. */
const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** Of one length, however long the name of the file is. */
function temporaryName(): string {
  return `.fgdet-${machine}-${process.pid}-${randomUUID().slice(0, 8)}.tmp`;
}

const looked = new Set<string>();

/** Removes what processes of this machine that were killed have left; once for each folder. */
async function removeAbandoned(folder: string): Promise<void> {
  if (looked.has(folder)) return;
  looked.add(folder);
  for (const name of await readdir(folder)) {
    const [, of, pid] = /^\.fgdet-([\da-f]{8})-(\d+)-[\da-f]{8}\.tmp$/.exec(name) ?? [];
    if (of === machine && !isRunning(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

// A rename survives a power cut only once the folder's own entry is on the disk.
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
