import { proposalNetwork } from '../../detectors/proposals/network.js';
import { readNetwork } from '../../detectors/proposals/networkFile.js';
import { withRunLock } from '../../src/files/runLock.js';
import { alone, type Ranks } from '../../src/ranks/ranks.js';
import { averagedStep } from '../averagedStep.js';
import { saveCheckpoint } from '../checkpoints.js';
import { BatchLoader } from '../loader.js';
import { type LoopOptions, runTraining, type TrainResult } from '../loop.js';
import { DataOrder } from '../order.js';
import { resumeSettings, stepsOf } from '../runSettings.js';
import { type StartMode, startRun } from '../start.js';
import { assertDivides, batchSupply, shareOfStep } from '../stepShape.js';
import { type BoxBatch, BoxBatchBuilder, type BoxBatchSource, boxBatchScript } from './batches.js';
import { batchTaps } from './batchTaps.js';
import { openBoxTable, pictureCount } from './boxTable.js';
import { lastingSettings, type ProposalTrainingConfig } from './config.js';
import { writeDetectorFolder } from './detectorFolder.js';
import { featureRoom } from './featureRoom.js';
import { openFeatureStore } from './featureStore.js';
import { proposalLosses } from './networkLoss.js';
import { inMemory, startingNetwork } from './startingNetwork.js';
import { type ProposalBatch, proposalBatch } from './targetsOfBatch.js';
import { openBase } from './tower.js';

export interface TrainProposalsOptions extends LoopOptions {
  /** Default: `continue`. */
  start?: StartMode;
  /** The processes that train together. Default: this one alone. */
  ranks?: Ranks;
}

/**
 * Trains a proposal network on a frozen FG-CLIP, 1 or 2, as `config` says, into `config.output`. Its checkpoints
 * are whole model folders, ready to detect with. A run that has checkpoints goes on from the newest.
 * @throws UserError for bad data, a changed config, a folder in use, and a loss that is not finite.
 */
export async function trainProposals(
  config: ProposalTrainingConfig,
  options: TrainProposalsOptions = {},
): Promise<TrainResult> {
  return withRunLock(config.output, options.ranks ?? alone, () => trainLocked(config, options));
}

async function trainLocked(
  config: ProposalTrainingConfig,
  options: TrainProposalsOptions,
): Promise<TrainResult> {
  const { ranks = alone } = options;
  const { batch, keep, keepFeatures, output, device } = config;
  const share = shareOfStep(batch, ranks);
  const { microBatch = share } = config;
  assertDivides('microBatch', microBatch, share);
  const settings = lastingSettings(config);
  const base = await openBase(config);
  const { vision, normalisation, patches } = base;
  const starting = await startingNetwork(config, vision);
  const network = starting.config;
  const table = openBoxTable(config.data);
  const order = new DataOrder(table.parts, config);
  const records = pictureCount(table);
  const steps = stepsOf(config, order.batchesPerEpoch);
  const start = await startRun(settings, options.start ?? 'continue', {
    checkpoint: async (folder) => ({
      model: base,
      parameters: await inMemory(readNetwork(folder, network, vision.hiddenSize)),
    }),
    initial: async () => ({
      model: base,
      parameters: await starting.weights(),
    }),
    ...{ records, ranks },
  });
  const store =
    keepFeatures === undefined
      ? undefined
      : openFeatureStore(keepFeatures, base, { ...config, taps: network.taps, normalisation });
  const shape = { batch, microBatch, rank: ranks.rank, ranks: ranks.size };
  const source: BoxBatchSource = {
    config: { ...config, ...shape },
    ...{ table, normalisation, store, patches, patchSize: vision.patchSize },
  };
  if (store) {
    (options.stream ?? process.stderr).write(`${await featureRoom(store, source)}\n`);
  }
  const tower = base.tower({ device, taps: network.taps });
  const [beta1, beta2] = config.betas;
  try {
    const step = averagedStep<ProposalBatch>(
      (weights, { taps, targets, masks }) => ({
        ...proposalLosses(proposalNetwork(weights, network, taps, masks), targets),
      }),
      { ...config, beta1, beta2, ranks, microBatches: share / microBatch },
    );
    const pictureBytes = 3 * (config.imageSize ?? 0) ** 2 * Float32Array.BYTES_PER_ELEMENT;
    const supply = batchSupply(shape, pictureBytes, step.passes);
    return await runTraining(
      {
        ...{ settings: config, steps, records, start, step, ranks },
        batchesPerEpoch: order.batchesPerEpoch,
        microBatches: supply.batches,
        holdBatches: supply.holdBatches,
        loader: new BatchLoader<BoxBatchSource, BoxBatch>(
          {
            ...{ script: boxBatchScript, source, count: config.workers },
            here: (source) => new BoxBatchBuilder(source),
          },
          { start: start.state.step, end: steps, ...supply },
        ),
        toBatch: async (prepared) => {
          const taps = await batchTaps(tower, prepared, store);
          return proposalBatch(prepared, taps, vision.patchSize, network);
        },
        save: (state) =>
          saveCheckpoint(output, state, {
            settings: resumeSettings(settings),
            data: order.positionOf(state.step),
            ...{ microBatch, keep },
            write: (folder) => writeDetectorFolder(folder, base, network, state.parameters),
          }),
      },
      options,
    );
  } finally {
    await tower.dispose();
  }
}
