import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from './packageRoot.js';

const require = createRequire(join(packageRoot, 'package.json'));

/** Of this package. */
export const version = versionOf('./package.json');

/** Of an installed package, by the path of its package.json. */
export function versionOf(file: string): string {
  return (require(file) as { version: string }).version;
}
