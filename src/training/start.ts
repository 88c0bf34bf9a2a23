import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { withImageSize } from '../fgclip/imageSize.js';
import { type NdArray, ndarray } from '../jit/ndarray.js';
import {
  checkpointsFolder,
  checkSameSettings,
  latestCheckpoint,
  loadMoments,
  readCheckpointInfo,
  removeUnfinishedCheckpoints,
} from './checkpoints.js';
import type { TrainingConfig } from './config.js';
import { type ModelFiles, openInitialModel, openModel } from './initialModel.js';
import { resumeSettings } from './runSettings.js';
import type { TrainState } from './updateStep.js';

/** `continue` resumes if there is a checkpoint, `resume` insists on one, `fresh` deletes them. */
export type StartMode = 'continue' | 'resume' | 'fresh';

/** Where a run begins. */
export interface RunStart {
  state: TrainState;
  model: ModelFiles;
  /** The checkpoint it goes on from; null at the very beginning. */
  checkpoint: string | null;
}

/**
 * The state a run begins with: its newest checkpoint, or the initial model with zero moments.
 * @throws UserError when the checkpoint was made with other settings, or `resume` finds none.
 */
export async function startRun(config: TrainingConfig, start: StartMode): Promise<RunStart> {
  const { output } = config;
  if (start === 'fresh') {
    await rm(checkpointsFolder(output), { recursive: true, force: true });
    await rm(join(output, 'log.jsonl'), { force: true });
  }
  await removeUnfinishedCheckpoints(output);
  const checkpoint = latestCheckpoint(output);
  if (checkpoint !== null) {
    const { step, settings } = readCheckpointInfo(checkpoint);
    checkSameSettings(checkpoint, settings, resumeSettings(config));
    const { model, parameters } = await openModel(checkpoint);
    const moments = await loadMoments(checkpoint, Object.keys(parameters));
    return { state: { parameters, ...moments, step }, model, checkpoint };
  }
  if (start === 'resume') throw new UserError(`${output} has no checkpoint to resume.`);
  const { model, parameters } = await initialModel(config);
  const state = { parameters, first: zeros(parameters), second: zeros(parameters), step: 0 };
  return { state, model, checkpoint: null };
}

async function initialModel({ model: { initial }, imageSize, resizePositions }: TrainingConfig) {
  const { model, parameters } = await openInitialModel(initial);
  if (!resizePositions || imageSize === undefined) return { model, parameters };
  const resized = withImageSize(model.config, parameters, imageSize);
  // The image processor's file gives the old size; a new one is written with the checkpoints.
  const { 'preprocessor_config.json': _, ...files } = model.files;
  return { model: { config: resized.config, files }, parameters: resized.parameters };
}

function zeros(parameters: Record<string, NdArray>): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, size }]) => [
      name,
      ndarray(new Float32Array(size), shape),
    ]),
  );
}
