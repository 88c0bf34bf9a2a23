import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder for the tests of a file, deleted after them. */
export const folder = mkdtempSync(join(tmpdir(), 'fgdet-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;

/** A new folder with files of these contents: texts, or values that are written as JSON. */
export function filesOf(contents: Record<string, unknown>): string {
  const place = join(folder, String(count++));
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(join(place, name), text);
  }
  return place;
}
