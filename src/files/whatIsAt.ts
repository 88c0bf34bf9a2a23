import { statSync } from 'node:fs';

/** What a path leads to, through links; undefined where that is nothing, or a circle. */
export function whatIsAt(path: string): 'file' | 'folder' | undefined {
  try {
    const found = statSync(path);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : undefined;
  } catch {
    return undefined;
  }
}
