import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointsFolder, latestCheckpoint } from '../src/checkpoints/runFolder.js';
import { UserError } from '../src/errors.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import type { Ranks } from '../src/ranks/ranks.js';
import {
  type CheckpointInfo,
  checkSameSettings,
  loadMoments,
  readCheckpointInfo,
  removeUnfinishedCheckpoints,
} from './checkpoints.js';
import type { TrainState } from './optimizer.js';
import { resumeSettings } from './runSettings.js';

/** `continue` resumes if there is a checkpoint, `resume` insists on one, `fresh` deletes them. */
export type StartMode = 'continue' | 'resume' | 'fresh';

/** Something that can be trained: its weights in memory, and what belongs to them. */
export interface Trainable<Model> {
  model: Model;
  parameters: Record<string, NdArray>;
}

/** Where a run begins. */
export interface RunStart<Model> {
  state: TrainState;
  model: Model;
  /** The checkpoint it goes on from; null at the very beginning. */
  checkpoint: string | null;
}

/**
 * The state a run begins with: its newest checkpoint, or what `from.initial` gives, with zero moments.
 * @param from.checkpoint opens a checkpoint's folder.
 * @throws UserError when the checkpoint was made with other settings, or `resume` finds none.
 */
export async function startRun<Model>(
  config: { output: string },
  mode: StartMode,
  from: {
    checkpoint: (folder: string) => Promise<Trainable<Model>>;
    initial: () => Promise<Trainable<Model>>;
    /** Records there are now. */
    records: number;
    ranks: Ranks;
  },
): Promise<RunStart<Model>> {
  const { output } = config;
  if (from.ranks.rank === 0) await tidy(output, mode);
  await from.ranks.barrier();
  const checkpoint = latestCheckpoint(output);
  if (checkpoint !== null) {
    const { step, settings, data, margin } = readCheckpointInfo(checkpoint);
    checkSameSettings(checkpoint, settings, resumeSettings(config));
    if (data && data.records !== from.records) {
      throw new UserError(
        `The data have changed since the checkpoint ${checkpoint}: ${data.records} records then, ` +
          `${from.records} now. Restore them to resume, or start over with --fresh.`,
      );
    }
    const { model, parameters } = await from.checkpoint(checkpoint);
    const moments = await loadMoments(checkpoint, Object.keys(parameters));
    return { state: { parameters, ...moments, step, margin }, model, checkpoint };
  }
  if (mode === 'resume') throw new UserError(`${output} has no checkpoint to resume.`);
  const { model, parameters } = await from.initial();
  const state = { parameters, first: zeros(parameters), second: zeros(parameters), step: 0 };
  return { state, model, checkpoint: null };
}

/** What the checkpoint says that a run would go on from; null when it would begin anew. */
export function savedRun(output: string, mode: StartMode): CheckpointInfo | null {
  const checkpoint = mode === 'fresh' ? null : latestCheckpoint(output);
  return checkpoint === null ? null : readCheckpointInfo(checkpoint);
}

/** Deletes what is not to be gone on with. */
async function tidy(output: string, mode: StartMode): Promise<void> {
  if (mode === 'fresh') {
    await rm(checkpointsFolder(output), { recursive: true, force: true });
    await rm(join(output, 'log.jsonl'), { force: true });
  }
  await removeUnfinishedCheckpoints(output);
}

function zeros(parameters: Record<string, NdArray>): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, size }]) => [
      name,
      ndarray(new Float32Array(size), shape),
    ]),
  );
}
