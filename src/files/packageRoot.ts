import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The folder that holds this package's package.json, and with it `models/` and `configs/`. */
export const packageRoot = findRoot();

/** The version in this package's package.json. */
export function packageVersion(): string {
  const content = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  return (JSON.parse(content) as { version: string }).version;
}
