import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { whatIsAt } from './whatIsAt.js';

/** What macOS adds to archives. */
const leftByMacOs = /^(__MACOSX$|\._)/;

/**
 * Paths of the files below a folder, with "/" between their parts, in order. Links to folders are not followed: one to
 * a folder above has no end, and what one to a folder inside leads to is found there. The folder itself may be a link.
 * @param onLink is told the path of each link to a folder.
 * @throws the system's error when a folder cannot be read
 */
export function filesBelow(folder: string, onLink?: (path: string) => void): string[] {
  const found: string[] = [];
  const waiting = [''];
  for (let inside = waiting.pop(); inside !== undefined; inside = waiting.pop()) {
    for (const entry of readdirSync(join(folder, inside), { withFileTypes: true })) {
      if (leftByMacOs.test(entry.name)) continue;
      const path = inside + entry.name;
      if (entry.isDirectory()) waiting.push(`${path}/`);
      else if (entry.isSymbolicLink() && whatIsAt(join(folder, path)) === 'folder') onLink?.(path);
      else found.push(path);
    }
  }
  return found.sort();
}

/** "Did not follow 2 links to folders" */
export function linksNotFollowed(count: number): string {
  return `Did not follow ${count === 1 ? '1 link to a folder' : `${count} links to folders`}`;
}
