import { openRecordTable, type RecordTable, recordCount } from '../datasets/records/recordTable.js';
import { noteLanguages } from '../datasets/records/sourceLanguages.js';
import { withRunLock } from '../src/files/runLock.js';
import { alone, type Ranks } from '../src/ranks/ranks.js';
import { BatchBuilder, type BatchSource, batchScript, type PreparedBatch } from './batches.js';
import { saveCheckpoint } from './checkpoints.js';
import type { TrainingConfig } from './config.js';
import { findMicroBatch } from './findMicroBatch.js';
import { openForm } from './forms/openForm.js';
import { openInitialModel, openModel, saveModel } from './initialModel.js';
import { BatchLoader } from './loader.js';
import { type LoopOptions, runTraining, type TrainResult } from './loop.js';
import { DataOrder } from './order.js';
import { wrapped } from './plainArrays.js';
import { resumeSettings, stepsOf } from './runSettings.js';
import { type StartMode, savedRun, startRun } from './start.js';
import type { createTrainStep } from './step.js';
import type { TrainingBatch } from './stepOptions.js';
import { assertDivides, batchSupply, shareOfStep } from './stepShape.js';

export interface TrainOptions extends LoopOptions {
  /** Default: `continue`. */
  start?: StartMode;
  /** The processes that train together. Default: this one alone. */
  ranks?: Ranks;
  /** Makes the step. Default: the compiled one of step.ts. */
  createStep?: typeof createTrainStep;
}

/**
 * Trains FG-CLIP or FG-CLIP 2 as `config` says, into `config.output`: checkpoints/, log.jsonl and loss.png. A run that
 * has checkpoints there goes on from the newest one, as if it had never stopped: the final weights are the
 * same to the bit, on the same device and as many processes.
 * @throws UserError for bad data, a changed config, a folder in use, and a loss that is not finite.
 */
export async function train(
  config: TrainingConfig,
  options: TrainOptions = {},
): Promise<TrainResult> {
  return withRunLock(config.output, options.ranks ?? alone, () => trainLocked(config, options));
}

/** The first batch, as large as any may be. */
async function buildOnce(source: BatchSource): Promise<PreparedBatch> {
  const builder = new BatchBuilder(source);
  try {
    return await builder.build(0, true);
  } finally {
    builder.close();
  }
}

function toTrainingBatch({ arrays }: PreparedBatch): TrainingBatch {
  return wrapped<TrainingBatch>(arrays);
}

/** The records, found by the first rank first: the others then find what it kept. */
async function openRecords(
  { data }: TrainingConfig,
  { ranks = alone, stream = process.stderr }: TrainOptions,
): Promise<RecordTable> {
  if (ranks.rank > 0) await ranks.barrier();
  let shown = Date.now();
  const table = await openRecordTable(data, (done, total) => {
    if (ranks.rank > 0 || Date.now() - shown < 5000) return;
    shown = Date.now();
    stream.write(`Looking for records: ${done} of ${total} files\n`);
  });
  await noteLanguages(table);
  if (ranks.rank > 0) return table;
  await ranks.barrier();
  for (const problem of table.problems) stream.write(`${problem}\n`);
  return table;
}

async function trainLocked(given: TrainingConfig, options: TrainOptions): Promise<TrainResult> {
  const { ranks = alone, start: mode = 'continue', stream = process.stderr } = options;
  const { batch, keep, output } = given;
  const share = shareOfStep(batch, ranks);
  const saved = savedRun(output, mode);
  const regionBatch = given.regionBatch ?? (saved?.settings.regionBatch as number) ?? share;
  const config = { ...given, regionBatch };
  const table = await openRecords(config, options);
  const order = new DataOrder(table.sources, config);
  const records = recordCount(table);
  const steps = stepsOf(config, order.batchesPerEpoch);
  const start = await startRun(config, mode, {
    checkpoint: openModel,
    initial: () => openInitialModel(config),
    ...{ records, ranks },
  });
  if (config.stage === 2) assertDivides('regionBatch', regionBatch, share);
  const { model } = start;
  const { pictureBytes } = openForm(model, config);
  const sourceOf = (size: number): BatchSource => ({
    ...{ config, table, model },
    shape: { batch, microBatch: size, rank: ranks.rank, ranks: ranks.size },
  });
  let microBatch = config.microBatch === 'auto' ? saved?.microBatch : (config.microBatch ?? share);
  if (microBatch === undefined || (config.microBatch === 'auto' && share % microBatch !== 0)) {
    microBatch = await findMicroBatch({
      ...{ config, model, parameters: start.state.parameters, ranks, share },
      batchOf: async (size) => toTrainingBatch(await buildOnce(sourceOf(size))),
    });
    if (ranks.rank === 0) stream.write(`${microBatch} pictures at a time fit into memory\n`);
  }
  assertDivides('microBatch', microBatch, share);
  const source = sourceOf(microBatch);
  const createStep = options.createStep ?? (await import('./step.js')).createTrainStep;
  const [beta1, beta2] = config.betas;
  const step = createStep(model, { ...config, microBatch, ranks, beta1, beta2 });
  const supply = batchSupply(source.shape, pictureBytes, step.passes);
  return runTraining(
    {
      ...{ settings: config, steps, records, start, step, ranks },
      batchesPerEpoch: order.batchesPerEpoch,
      microBatches: supply.batches,
      holdBatches: supply.holdBatches,
      loader: new BatchLoader<BatchSource, PreparedBatch>(
        {
          ...{ script: batchScript, source, count: config.workers },
          here: (source) => new BatchBuilder(source),
        },
        { start: start.state.step, end: steps, ...supply },
      ),
      toBatch: toTrainingBatch,
      save: (state) =>
        saveCheckpoint(output, state, {
          settings: resumeSettings(config),
          data: order.positionOf(state.step),
          ...{ microBatch, keep },
          write: (folder) => saveModel(folder, model, state.parameters),
        }),
    },
    options,
  );
}
