import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../src/random.js';
import { runFgdet, startFgdet } from './fgdetProcess.js';
import { journalEntries, labelsOf, prelabelCommand } from './prelabelled.js';

/** Kills runs of prelabel at random moments, starts them again, and compares what comes out with a quiet run. */
export async function killRuns(folder: string, count: number): Promise<string[]> {
  const whole = join(folder, 'whole');
  const started = performance.now();
  const quiet = await runFgdet(prelabelCommand(folder, whole));
  const duration = performance.now() - started;
  if (quiet.status !== 0) throw new Error(quiet.stderr);
  const expected = labelsOf(whole);
  const output = join(folder, 'killed');
  const random = createRandom(5);
  let [kills, runs, differing, twice] = [0, 0, 0, 0];
  while (kills < count) {
    rmSync(output, { recursive: true, force: true });
    rmSync(`${output}.prelabel`, { recursive: true, force: true });
    let isDone = false;
    while (!isDone) {
      const { child, ended } = startFgdet(prelabelCommand(folder, output));
      if (kills < count) {
        // From while it loads to while it writes labels.
        await Promise.race([sleep(300 + duration * random.uniform()), ended]);
        child.kill('SIGKILL');
      }
      const { status, signal, stderr } = await ended;
      if (signal === 'SIGKILL') kills++;
      else if (status === 0) isDone = true;
      else throw new Error(stderr);
    }
    runs++;
    if (JSON.stringify(labelsOf(output)) !== JSON.stringify(expected)) differing++;
    const entries = journalEntries(output);
    if (new Set(entries).size < entries.length) twice++;
  }
  return [
    `${kills} times killed, in ${runs} runs: ${differing} of them differ from the quiet one by a byte, ` +
      `${twice} have looked at a picture twice`,
  ];
}
