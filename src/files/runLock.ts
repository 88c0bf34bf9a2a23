import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.js';
import type { Ranks } from '../ranks/ranks.js';

const lockName = 'run.lock';

const held = new Set<string>();

/** Does `work` while the first of the processes holds an output folder, as `lockRun` has it. */
export async function withRunLock<T>(
  folder: string,
  { rank, size }: Ranks,
  work: () => Promise<T>,
): Promise<T> {
  if (rank > 0) return work();
  // mpirun returns before the processes of a job that failed have all ended.
  if (size > 1) await ownerEnded(folder, 10_000);
  const release = lockRun(folder);
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Claims an output folder for this process, so that two runs cannot write into it. A claim left behind
 * by a process that has ended is taken over.
 * @returns the function that gives the folder back.
 * @throws UserError naming the process that holds the folder.
 */
export function lockRun(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, lockName);
  for (;;) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = lockOwner(file);
    if (owner !== null && isRunning(owner, file)) {
      throw new UserError(
        `${folder} is in use by a run with process id ${owner}. Wait for it, stop it, or give another ` +
          `output. If process ${owner} is not such a run, delete ${file}.`,
      );
    }
    rmSync(file, { force: true });
  }
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
}

/** Waits for the process that holds the folder to end, for some time. */
async function ownerEnded(folder: string, milliseconds: number): Promise<void> {
  const file = join(folder, lockName);
  const end = Date.now() + milliseconds;
  const held = () => {
    const owner = lockOwner(file);
    return owner !== null && isRunning(owner, file);
  };
  while (held() && Date.now() < end) await sleep(100);
}

function lockOwner(file: string): number | null {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    return null;
  }
}

function isRunning(pid: number, file: string): boolean {
  // Process ids come round again: our own id in a file we did not write is from an earlier process.
  if (pid === process.pid) return held.has(file);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
