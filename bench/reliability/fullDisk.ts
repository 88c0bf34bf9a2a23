import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runFgdet } from './fgdetProcess.js';
import { labelsOf, prelabelCommand } from './prelabelled.js';

/** Prelabels onto a disk without enough room, gives it some more each time, and compares with a quiet run. */
export async function fullDisk(folder: string): Promise<string[]> {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]);
  } catch {
    return ['not run: a small disk can be mounted by root only'];
  }
  try {
    const output = join(disk, 'small');
    let failures = 0;
    for (let kilobytes = 16; ; kilobytes *= 2) {
      execFileSync('mount', ['-o', `remount,size=${kilobytes}k`, disk]);
      const { status, stderr } = await runFgdet(prelabelCommand(folder, output));
      if (status === 0) {
        const same =
          JSON.stringify(labelsOf(output)) === JSON.stringify(labelsOf(join(folder, 'whole')));
        return [
          `The disk was full ${failures} times, and each time it was said; with ${kilobytes} kB the run came to its ` +
            `end, and ${same ? 'no byte differs' : 'DIFFERS'} from a quiet run`,
        ];
      }
      if (!/disk is full/i.test(stderr)) throw new Error(stderr);
      failures++;
    }
  } finally {
    execFileSync('umount', [disk]);
  }
}
