import { join } from 'node:path';
import { openRecordTable, recordCount } from '../../datasets/recordTable.js';
import { UserError } from '../errors.js';
import type { FgClipConfig } from '../fgclip/config.js';
import { BadRecords } from './badRecords.js';
import { saveCheckpoint } from './checkpoints.js';
import { resumeSettings, type TrainingConfig } from './config.js';
import { BatchLoader } from './loader.js';
import { type LogEntry, type LossParts, TrainingLog } from './log.js';
import { DataOrder } from './order.js';
import { toTrainingBatch } from './packing.js';
import { writeLossPlot } from './plot.js';
import { ProgressLine } from './progress.js';
import { lockRun } from './runLock.js';
import { learningRateAt } from './schedule.js';
import { startRun } from './start.js';
import type { createTrainStep, StepResult, TrainingBatch, TrainState, TrainStep } from './step.js';

export interface TrainOptions {
  /** `continue` (default) resumes if there is a checkpoint, `resume` insists on one, `fresh` deletes them. */
  start?: 'continue' | 'resume' | 'fresh';
  /** Ends the run, with a checkpoint, after the step under way. */
  signal?: AbortSignal;
  /** Where progress is shown. Default: stderr. */
  stream?: NodeJS.WriteStream;
  /** Makes the step. Default: the compiled one of step.ts. */
  createStep?: typeof createTrainStep;
}

export interface TrainResult {
  /** Steps done, over all the runs that led here. */
  step: number;
  /** Steps the config asks for. */
  steps: number;
  /** The newest checkpoint: a model folder. */
  checkpoint: string;
  /** Losses of the last step, before its update. */
  losses: LossParts | null;
  interrupted: boolean;
  /** Records that could not be read, and boxes without area, since the run was started or resumed. */
  badRecords: number;
  droppedBoxes: number;
}

/**
 * Trains as `config` says, into `config.output`: checkpoints/, log.jsonl and loss.png. A run that has
 * checkpoints there goes on from the newest one, as if it had never stopped: the final weights are the
 * same to the bit, on the same device.
 * @throws UserError for bad data, a changed config, a folder in use, and a loss that is not finite.
 */
export async function train(
  config: TrainingConfig,
  options: TrainOptions = {},
): Promise<TrainResult> {
  const release = lockRun(config.output);
  try {
    return await trainLocked(config, options);
  } finally {
    release();
  }
}

async function trainLocked(config: TrainingConfig, options: TrainOptions): Promise<TrainResult> {
  const stream = options.stream ?? process.stderr;
  const table = openRecordTable(config.data);
  const order = new DataOrder(table, config.batch * config.accumulate, config.seed);
  const steps = config.steps ?? Math.max(1, Math.round(config.epochs! * order.batchesPerEpoch));
  const start = await startRun(config, options.start ?? 'continue');
  const progress = new ProgressLine(stream, steps);
  progress.note(
    `${recordCount(table)} records, ${order.batchesPerEpoch} steps an epoch; ` +
      (start.checkpoint ? `resuming ${start.checkpoint}` : `starting ${config.output}`),
  );

  const log = await TrainingLog.open(config.output, start.state.step);
  const bad = new BadRecords(config.badRecords, recordCount(table));
  const step = await makeStep(start.model.config, config, options);
  const loader = new BatchLoader(
    { config, table, model: start.model },
    start.state.step * config.accumulate,
    steps * config.accumulate,
  );
  let { state, checkpoint } = start;
  let droppedBoxes = 0;
  const save = async () => {
    checkpoint = await saveCheckpoint(config.output, state, {
      settings: resumeSettings(config),
      model: start.model,
      keep: config.keep,
    });
    await writeLossPlot(log.entries, join(config.output, 'loss.png'));
  };
  try {
    let saved = state.step;
    while (state.step < steps && !options.signal?.aborted) {
      const started = performance.now();
      const batches: TrainingBatch[] = [];
      for (let micro = 0; micro < config.accumulate; micro++) {
        const prepared = await loader.next();
        droppedBoxes += prepared.droppedBoxes;
        for (const reason of bad.add(prepared, config.batch)) progress.note(`skipped: ${reason}`);
        batches.push(toTrainingBatch(prepared.arrays));
      }
      const learningRate = learningRateAt(state.step, { ...config, steps });
      const result = await step.run(state, batches, learningRate);
      checkFinite(result, state.step + 1, checkpoint);
      const seconds = (performance.now() - started) / 1000;
      const entry: LogEntry = {
        step: result.state.step,
        epoch: order.epochOf(state.step),
        learningRate,
        losses: result.losses,
        gradientNorm: result.gradientNorm,
        imagesPerSecond: (config.batch * config.accumulate) / seconds,
      };
      releaseState(state);
      state = result.state;
      log.add(entry);
      progress.update(entry);
      if (state.step % config.checkpointEvery === 0) {
        await save();
        saved = state.step;
      }
    }
    if (saved !== state.step || checkpoint === null) await save();
  } finally {
    progress.end();
    log.close();
    await step.dispose();
    await loader.close();
  }
  return {
    step: state.step,
    steps,
    checkpoint: checkpoint!,
    losses: log.entries.at(-1)?.losses ?? null,
    interrupted: state.step < steps,
    badRecords: bad.count,
    droppedBoxes,
  };
}

async function makeStep(
  model: FgClipConfig,
  config: TrainingConfig,
  { createStep }: TrainOptions,
): Promise<TrainStep> {
  const [beta1, beta2] = config.betas;
  const make = createStep ?? (await import('./step.js')).createTrainStep;
  const { stage, weightDecay, epsilon, clipNorm, regionalWeight, hardWeight } = config;
  const { device, accumulate, maskDuplicates } = config;
  return make(model, {
    ...{ stage, weightDecay, beta1, beta2, epsilon, clipNorm, regionalWeight, hardWeight },
    ...{ device, accumulate, maskDuplicates },
  });
}

/** Frees the device memory of a state that has been replaced. */
function releaseState({ parameters, first, second }: TrainState): void {
  for (const arrays of [parameters, first, second]) {
    for (const array of Object.values(arrays)) array.dispose();
  }
}

/** @throws UserError when a step's loss or gradient is not a number. */
function checkFinite(result: StepResult, step: number, checkpoint: string | null): void {
  const values = { ...result.losses, 'gradient norm': result.gradientNorm };
  const wrong = Object.entries(values).find(([, value]) => !Number.isFinite(value));
  if (!wrong) return;
  const good = checkpoint
    ? `The last good checkpoint is ${checkpoint}.`
    : 'There is no checkpoint yet.';
  throw new UserError(
    `Step ${step}: ${wrong[0]} is ${wrong[1]}. ${good} A lower learningRate, a longer warm-up or ` +
      '"clipNorm": 1 usually helps.',
  );
}
