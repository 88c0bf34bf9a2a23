import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../src/files/packageRoot.js';
import type { BenchCase } from './cases.js';
import { median } from './median.js';
import { type Ready, type Timing, WorkerProcess } from './workerProcess.js';

/** How to start one side of the comparison, without the case's own arguments. */
export interface Side {
  name: 'fgdet' | 'PyTorch';
  command: string;
  args: string[];
}

/** The medians of a case's runs on one side, with what else is known of them. */
export interface Measurement extends Timing {
  side: Side['name'];
  /** In their order. */
  runs: Timing[];
  flops: number;
  peakBytes: number | null;
  check: number[];
}

export const fgdetSide: Side = {
  name: 'fgdet',
  command: process.execPath,
  args: [fileURLToPath(new URL('./worker.js', import.meta.url))],
};

export const pytorchSide: Side = {
  name: 'PyTorch',
  command: 'python3',
  args: [join(packageRoot, 'bench/pytorch/worker.py')],
};

export interface MeasureOptions {
  model: string;
  inputs: string;
  threads: number;
  rounds: number;
}

/** Long enough for the threads of one side to stop spinning before the other is timed. */
const pauseMilliseconds = 100;

/** Runs per process of a case whose processes must not overlap. */
const runsAlone = 2;

/**
 * Times a case on every side in turn (A B A B …), so that what else the machine does falls on all of them.
 * @returns one measurement a side, with the median of its runs.
 */
export async function measure(
  benchCase: BenchCase,
  sides: readonly Side[],
  options: MeasureOptions,
): Promise<Measurement[]> {
  const start = ({ command, args }: Side) =>
    WorkerProcess.start(command, [
      ...args,
      benchCase.name,
      options.model,
      options.inputs,
      String(options.threads),
    ]);
  const runs = sides.map(() => [] as Timing[]);
  const ready: Ready[] = [];
  const peaks: (number | null)[] = [];
  if (benchCase.alone) {
    for (let round = 0; round < Math.ceil(options.rounds / runsAlone); round++) {
      for (const [index, side] of sides.entries()) {
        const started = await start(side);
        for (let run = 0; run < runsAlone; run++) runs[index].push(await started.worker.run());
        const peak = await started.worker.end();
        ready[index] = started.ready;
        peaks[index] = peak === null ? null : Math.max(peak, peaks[index] ?? 0);
      }
    }
  } else {
    const workers: WorkerProcess[] = [];
    for (const [index, side] of sides.entries()) {
      const started = await start(side);
      workers.push(started.worker);
      ready[index] = started.ready;
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const [index, worker] of workers.entries()) {
        await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
        runs[index].push(await worker.run());
      }
    }
    for (const worker of workers) peaks.push(await worker.end());
  }
  return sides.map(({ name }, index) => ({
    side: name,
    milliseconds: median(runs[index].map((run) => run.milliseconds)),
    processorMilliseconds: median(runs[index].map((run) => run.processorMilliseconds)),
    runs: runs[index],
    peakBytes: peaks[index],
    ...ready[index],
  }));
}
