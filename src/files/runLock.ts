import { randomUUID } from 'node:crypto';
import { constants, copyFileSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.js';
import type { Ranks } from '../ranks/ranks.js';
import { isRunning } from './isRunning.js';
import { makeFolder } from './makeFolder.js';
import { mostBytes, readWholeSync } from './regularFile.js';

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
  makeFolder(folder);
  const file = join(folder, lockName);
  claim(file, folder);
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
}

/**
 * Puts a file with this process's id where there is none, or one of a process that has ended. Whoever replaces one holds
 * a claim of its own on doing so meanwhile, and looks once more: else of two that found the old one at the same instant,
 * the second would replace the first one's.
 */
function claim(file: string, folder: string): void {
  const own = `${file}.${randomUUID()}.tmp`;
  writeFileSync(own, `${process.pid}\n${own}\n`);
  try {
    while (!linkNew(own, file)) {
      const found = lockText(file, folder);
      if (found === undefined) continue;
      refuseIfHeld(Number.parseInt(found, 10), file, folder);
      const takeover = `${file}.takeover`;
      claim(takeover, folder);
      try {
        if (lockText(file, folder) !== found) continue;
        renameSync(own, file);
        return;
      } finally {
        rmSync(takeover, { force: true });
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Gives a file a second name, with all its content at once; false where there is a file of that name. */
function linkNew(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
  }
  // A disk whose files have one name only.
  try {
    copyFileSync(file, name, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function refuseIfHeld(owner: number, file: string, folder: string): void {
  if (!isHeldBy(owner, file)) return;
  throw new UserError(
    `${folder} is in use by a run with process id ${owner}. Wait for it, stop it, or give another ` +
      `output. If process ${owner} is not such a run, delete ${file}.`,
  );
}

/** What a lock's file says; undefined where it has gone. @throws UserError where it is no file */
function lockText(file: string, folder: string): string | undefined {
  try {
    return readWholeSync(file, mostBytes.settings).toString();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UserError(`${folder} cannot be claimed: ${file} cannot be read (${message}).`);
  }
}

/** Waits for the process that holds the folder to end, for some time. */
async function ownerEnded(folder: string, milliseconds: number): Promise<void> {
  const file = join(folder, lockName);
  const end = Date.now() + milliseconds;
  const isHeld = () => {
    const text = lockText(file, folder);
    return text !== undefined && isHeldBy(Number.parseInt(text, 10), file);
  };
  while (isHeld() && Date.now() < end) await sleep(100);
}

function isHeldBy(pid: number, file: string): boolean {
  // Process ids come round again: our own id in a file we did not write is from an earlier process.
  return pid === process.pid ? held.has(file) : isRunning(pid);
}
