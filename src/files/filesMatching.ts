import { type Dirent, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { globSync, isDynamicPattern } from 'tinyglobby';
import { whatIsAt } from './whatIsAt.js';

/**
 * Paths of the files that a pattern such as "photos/**" fits, with "/" between their parts. As in `filesBelow`, links to
 * folders are not followed, but the folder that the pattern begins with may be one.
 * @param onLink is told the path of each link to a folder that was come upon.
 */
export function filesMatching(pattern: string, onLink?: (path: string) => void): string[] {
  const { folder, inside } = parted(pattern);
  const readdir = (path: string) =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      if (!entry.isSymbolicLink()) return [entry];
      const link = posix.join(path, entry.name);
      const target = whatIsAt(link);
      if (target === 'folder') onLink?.(posix.join(folder, posix.relative(cwd, link)));
      return target === 'file' ? [asFile(entry)] : [];
    });
  const cwd = posix.resolve(folder);
  const found = globSync(inside, {
    cwd,
    onlyFiles: true,
    expandDirectories: false,
    followSymbolicLinks: false,
    // Of the ways to call it, this one is used.
    fs: { readdirSync: readdir as unknown as typeof readdirSync },
  });
  return found.map((path) => posix.join(folder, path));
}

/** The folders that a pattern begins with, and what follows them. */
function parted(pattern: string): { folder: string; inside: string } {
  const parts = pattern.split('/');
  const isWild = (part: string) => isDynamicPattern(part) || part.includes('\\');
  const wild = parts.findIndex(isWild);
  const first = wild < 0 ? parts.length - 1 : wild;
  const folder = parts.slice(0, first).join('/');
  return {
    folder: folder === '' && first > 0 ? '/' : folder,
    inside: parts.slice(first).join('/'),
  };
}

/** A link to a file, which is otherwise left out with the links to folders. */
function asFile({
  name,
}: Dirent): Pick<Dirent, 'name' | 'isFile' | 'isDirectory' | 'isSymbolicLink'> {
  return { name, isFile: () => true, isDirectory: () => false, isSymbolicLink: () => false };
}
