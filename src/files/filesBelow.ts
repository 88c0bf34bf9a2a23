import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What macOS adds to archives. */
const leftByMacOs = /^(__MACOSX$|\._)/;

/**
 * Paths of the files below a folder, with "/" between their parts, in order. Links to folders are not followed: one to
 * a folder above has no end, and what one to a folder inside leads to is found there. The folder itself may be a link.
 * @throws the system's error when a folder cannot be read
 */
export function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const waiting = [''];
  for (let inside = waiting.pop(); inside !== undefined; inside = waiting.pop()) {
    for (const entry of readdirSync(join(folder, inside), { withFileTypes: true })) {
      if (leftByMacOs.test(entry.name)) continue;
      if (entry.isDirectory()) waiting.push(`${inside}${entry.name}/`);
      else found.push(inside + entry.name);
    }
  }
  return found.sort();
}
