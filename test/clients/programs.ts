import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where `scripts/installClients.sh` puts the programs: a Python environment for each. */
const clientsFolder = process.env.FGDET_CLIENTS || join(homedir(), '.cache/fgdet-clients');

/**
 * Tests with a real program; skipped, and said so, where it is not installed.
 * @param environment as `scripts/installClients.sh` calls it.
 * @param tests are given the folder of its commands.
 */
export function describeWith(environment: string, tests: (bin: string) => void): void {
  const bin = join(clientsFolder, environment, 'bin');
  const isThere = existsSync(join(bin, 'python'));
  if (!isThere) {
    console.warn(
      `${environment} is not in ${clientsFolder}, so its tests are skipped: ` +
        `scripts/installClients.sh ${environment} installs it.`,
    );
  }
  (isThere ? describe : describe.skip)(environment, () => tests(bin));
}
