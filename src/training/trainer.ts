import { openRecordTable, recordCount } from '../../datasets/recordTable.js';
import { saveModelFolder } from '../fgclip/modelFolder.js';
import { type BatchSource, batchScript, type PreparedBatch } from './batches.js';
import { saveCheckpoint } from './checkpoints.js';
import type { TrainingConfig } from './config.js';
import { openInitialModel, openModel } from './initialModel.js';
import { BatchLoader } from './loader.js';
import { type LoopOptions, runTraining, type TrainResult } from './loop.js';
import { DataOrder } from './order.js';
import { toTrainingBatch } from './packing.js';
import { withRunLock } from './runLock.js';
import { resumeSettings, stepsOf } from './runSettings.js';
import { type StartMode, startRun } from './start.js';
import type { createTrainStep } from './step.js';

export interface TrainOptions extends LoopOptions {
  /** Default: `continue`. */
  start?: StartMode;
  /** Makes the step. Default: the compiled one of step.ts. */
  createStep?: typeof createTrainStep;
}

/**
 * Trains FG-CLIP as `config` says, into `config.output`: checkpoints/, log.jsonl and loss.png. A run that
 * has checkpoints there goes on from the newest one, as if it had never stopped: the final weights are the
 * same to the bit, on the same device.
 * @throws UserError for bad data, a changed config, a folder in use, and a loss that is not finite.
 */
export async function train(
  config: TrainingConfig,
  options: TrainOptions = {},
): Promise<TrainResult> {
  return withRunLock(config.output, () => trainLocked(config, options));
}

async function trainLocked(config: TrainingConfig, options: TrainOptions): Promise<TrainResult> {
  const { accumulate, keep, output } = config;
  const table = openRecordTable(config.data);
  const { batchesPerEpoch } = new DataOrder(table.files, config.batch * accumulate, config.seed);
  const steps = stepsOf(config, batchesPerEpoch);
  const start = await startRun(config, options.start ?? 'continue', {
    checkpoint: openModel,
    initial: () => openInitialModel(config),
  });
  const { model } = start;
  const source: BatchSource = { config, table, model };
  const createStep = options.createStep ?? (await import('./step.js')).createTrainStep;
  const [beta1, beta2] = config.betas;
  return runTraining(
    {
      settings: config,
      steps,
      batchesPerEpoch,
      records: recordCount(table),
      start,
      step: createStep(model.config, { ...config, beta1, beta2 }),
      loader: new BatchLoader<PreparedBatch>(
        { script: batchScript, source, count: config.workers },
        start.state.step * accumulate,
        steps * accumulate,
      ),
      toBatch: ({ arrays }) => toTrainingBatch(arrays),
      save: (state) =>
        saveCheckpoint(output, state, {
          settings: resumeSettings(config),
          keep,
          write: (folder) =>
            saveModelFolder(folder, {
              ...model,
              parameters: new Map(Object.entries(state.parameters)),
            }),
        }),
    },
    options,
  );
}
