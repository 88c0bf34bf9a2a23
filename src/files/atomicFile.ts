import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

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
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
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
