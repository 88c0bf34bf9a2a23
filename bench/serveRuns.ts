import { createInterface } from 'node:readline';
import { peakMemory } from './peakMemory.js';

/** One case, ready to run. */
export interface Prepared {
  /** Returns a few results, which the driver compares with PyTorch's. */
  run(): Promise<number[]>;
  flops: number;
}

/**
 * A worker's part: prints one line of JSON when warmed up, one for each line on stdin, and one at its end, and ends the
 * process.
 */
export async function serveRuns({ run, flops }: Prepared): Promise<never> {
  const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
  const check = await run();
  await run();
  say({ flops, check });
  for await (const _ of createInterface({ input: process.stdin })) {
    const start = performance.now();
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    say({ milliseconds: performance.now() - start, processorMilliseconds: (user + system) / 1000 });
  }
  say({ peakBytes: peakMemory() });
  process.exit();
}
