import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { writeTextAtomically } from '../files/atomicFile.js';

const commitPattern = /^[0-9a-f]{40}$/;

/** The folder in which Python's huggingface_hub keeps what it downloads, by the same variables. */
export function hubCacheFolder(): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  return HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || join(home, 'hub');
}

/** One model's part of the cache: `blobs/<hash>`, `snapshots/<commit>/<file>` and `refs/<revision>`. */
export class CachedModel {
  readonly folder: string;

  constructor(cacheFolder: string, name: string) {
    this.folder = join(cacheFolder, `models--${name.replace('/', '--')}`);
  }

  /** Where the content of a given hash lies, or is to lie. */
  blob(hash: string): string {
    return join(this.folder, 'blobs', hash);
  }

  /** The folder of a commit's files, whether or not it exists. */
  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  /** The snapshot last downloaded for a branch, a tag or a commit; undefined if there is none. */
  findSnapshot(revision: string): string | undefined {
    const reference = join(this.folder, 'refs', revision);
    const commit = commitPattern.test(revision)
      ? revision
      : existsSync(reference) && readFileSync(reference, 'utf8').trim();
    return commit && existsSync(this.snapshot(commit)) ? this.snapshot(commit) : undefined;
  }

  /** Lets a snapshot's file show a blob: by a relative link, or a copy where links are not allowed. */
  async link(commit: string, file: string, hash: string): Promise<void> {
    const path = join(this.snapshot(commit), file);
    if (existsSync(path)) return;
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    try {
      await symlink(relative(dirname(path), this.blob(hash)), path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return;
      if (code !== 'EPERM' && code !== 'ENOSYS') throw error;
      await copyFile(this.blob(hash), path);
    }
  }

  /** Notes which commit a branch or tag points to. */
  async setReference(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    await writeTextAtomically(join(this.folder, 'refs', revision), commit);
  }
}
