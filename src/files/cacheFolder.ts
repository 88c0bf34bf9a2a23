import { readdir, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for what can be made again: `$XDG_CACHE_HOME/fgdet/<kind>`, by default in `~/.cache`. */
export function cacheFolder(kind: string): string {
  return join(process.env.XDG_CACHE_HOME || join(home(), '.cache'), 'fgdet', kind);
}

/** The user's home, or the temporary folder for a user without one. */
function home(): string {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
}

/** What a folder of the cache may hold at the most. */
export interface CacheBounds {
  files: number;
  /** Default: any size. */
  bytes?: number;
}

/** Removes the files of a folder that were written least recently, beyond what it may hold. */
export async function dropOldest(folder: string, bounds: CacheBounds): Promise<void> {
  const names = await readdir(folder);
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      // Another process may have removed it.
      const { mtimeMs = 0, size = 0 } = (await stat(path).catch(() => undefined)) ?? {};
      return { path, written: mtimeMs, size };
    }),
  );
  let [count, bytes] = [0, 0];
  for (const { path, size } of files.sort((a, b) => b.written - a.written)) {
    count++;
    bytes += size;
    if (count > bounds.files || bytes > (bounds.bytes ?? Number.POSITIVE_INFINITY)) {
      await rm(path, { force: true });
    }
  }
}
