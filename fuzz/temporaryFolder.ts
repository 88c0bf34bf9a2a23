import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In memory where the system has such a place: a file is written for nearly every input. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Gives a folder to something, and removes it afterwards. */
export async function temporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(place, 'fgdet-fuzz-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
