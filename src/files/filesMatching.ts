import { type Dirent, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { globSync } from 'tinyglobby';

/**
 * Paths of the files that a pattern such as "photos/**" fits, with "/" between their parts. As in `filesBelow`, links to
 * folders are not followed, but a folder that the pattern names without wildcards may be one.
 * @param onLink is told the path of each link to a folder that was come upon.
 */
export function filesMatching(pattern: string, onLink?: (path: string) => void): string[] {
  const readdir = (folder: string) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (!entry.isSymbolicLink()) return [entry];
      const path = join(folder, entry.name);
      const target = statSync(path, { throwIfNoEntry: false });
      if (target?.isDirectory()) onLink?.(path);
      return target?.isFile() ? [asFile(entry)] : [];
    });
  return globSync(pattern, {
    onlyFiles: true,
    expandDirectories: false,
    absolute: isAbsolute(pattern),
    followSymbolicLinks: false,
    // Of the ways to call it, this one is used.
    fs: { readdirSync: readdir as unknown as typeof readdirSync },
  });
}

/** A link to a file, which is otherwise left out with the links to folders. */
function asFile({
  name,
}: Dirent): Pick<Dirent, 'name' | 'isFile' | 'isDirectory' | 'isSymbolicLink'> {
  return { name, isFile: () => true, isDirectory: () => false, isSymbolicLink: () => false };
}
