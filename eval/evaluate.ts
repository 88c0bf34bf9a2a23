import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Shard } from '../datasets/journal.js';
import { digestOfFile } from '../src/checkpoints/modelDigest.js';
import { writeTextAtomically } from '../src/files/atomicFile.js';
import type { OrientationCounts } from '../src/images/orientation.js';
import type { EvaluationConfig, EvaluationTask } from './evaluationConfig.js';
import { type EvaluatedRun, taskFolder, versions, writeReport } from './report.js';
import { checkFiles, type Evaluated, runTask } from './runTask.js';
import type { TaskOutcome } from './taskOutcome.js';

export interface EvaluateOptions {
  /** A folder for the report, and for what a run that was stopped goes on from. Default: nothing is kept. */
  output?: string;
  /** The share of the pictures that this process looks at, others looking at the rest; needs `output`. */
  shard?: Shard;
  /** Told how many of a task's pictures are done. */
  onProgress?: (task: string, done: number, total: number) => void;
  /** Told of pictures whose EXIF orientation makes a difference. */
  orientations?: OrientationCounts;
  /** Told when a task has ended. */
  onEnd?: (task: string) => void;
}

/** What came of an evaluation. */
export interface EvaluationOutcome {
  outcomes: Record<string, TaskOutcome>;
  /** Names of tasks that other processes have pictures of to look at, or that only a process alone runs. */
  pending: string[];
}

/**
 * Runs the tasks of an evaluation, and writes the report when all have ended.
 * @throws UserError naming a file that is missing, broken, or has nothing to judge
 */
export async function evaluate(
  evaluated: Evaluated,
  config: EvaluationConfig,
  run: EvaluatedRun,
  { output, shard, onProgress, orientations, onEnd }: EvaluateOptions,
): Promise<EvaluationOutcome> {
  for (const [name, task] of Object.entries(config.tasks)) checkFiles(name, task);
  const outcomes: Record<string, TaskOutcome> = {};
  const pending: string[] = [];
  for (const [name, task] of Object.entries(config.tasks)) {
    const kept = output === undefined ? undefined : await keptTask(output, name, task, run);
    const known = kept && readOutcome(kept);
    const alone = shard !== undefined && !isShared(task);
    const outcome =
      known ??
      (alone
        ? undefined
        : await runTask(evaluated, task, {
            onProgress: (done, total) => onProgress?.(name, done, total),
            orientations,
            ...(kept && { kept: { ...kept, shard: shard ?? { index: 0, count: 1 } } }),
          }));
    onEnd?.(name);
    if (!outcome) {
      pending.push(name);
      continue;
    }
    if (kept && !known) await writeOutcome(kept, outcome);
    outcomes[name] = outcome;
  }
  if (output !== undefined && pending.length === 0)
    await writeReport(output, config, run, outcomes);
  return { outcomes, pending };
}

/** Whether processes can share the pictures of a task. */
function isShared({ task }: EvaluationTask): boolean {
  return (
    task === 'detection' ||
    task === 'recall' ||
    task === 'presence' ||
    task === 'referring' ||
    task === 'scores'
  );
}

/** A task's folder, and what makes its outcome another one. */
interface Kept {
  folder: string;
  run: unknown;
}

async function keptTask(
  output: string,
  name: string,
  { source: _source, published: _published, ...task }: EvaluationTask,
  { identity }: EvaluatedRun,
): Promise<Kept> {
  const data = dataFile(task);
  const run = {
    ...{ fgdet: versions().fgdet, identity, task: { exif: 'auto', ...task } },
    data:
      data && statSync(data, { throwIfNoEntry: false })?.isFile() ? await digestOfFile(data) : null,
  };
  return { folder: taskFolder(output, name), run };
}

/** What says which pictures a task is about, and what they show. */
function dataFile(task: EvaluationTask | Omit<EvaluationTask, 'source' | 'published'>) {
  if ('annotations' in task) return task.annotations;
  return 'records' in task ? task.records : undefined;
}

function readOutcome({ folder, run }: Kept): TaskOutcome | undefined {
  const file = join(folder, 'outcome.json');
  if (!existsSync(file)) return undefined;
  const { key, ...outcome } = JSON.parse(readFileSync(file, 'utf8')) as TaskOutcome & {
    key: string;
  };
  return key === keyOf(run) ? outcome : undefined;
}

function writeOutcome({ folder, run }: Kept, outcome: TaskOutcome): Promise<void> {
  const content = JSON.stringify({ key: keyOf(run), ...outcome }, null, 2);
  return writeTextAtomically(join(folder, 'outcome.json'), `${content}\n`);
}

function keyOf(run: unknown): string {
  return createHash('sha256').update(JSON.stringify(run)).digest('hex');
}
