import { withRunLock } from '../../src/files/runLock.js';
import type { Arrays } from '../../src/jit/jit.js';
import { alone, type Ranks } from '../../src/ranks/ranks.js';
import { averagedStep } from '../averagedStep.js';
import { saveCheckpoint } from '../checkpoints.js';
import { type LoopOptions, runTraining, type TrainResult } from '../loop.js';
import { DataOrder, type DataPart } from '../order.js';
import { resumeSettings, stepsOf } from '../runSettings.js';
import { type StartMode, startRun } from '../start.js';
import { shareOfStep } from '../stepShape.js';
import { type BaseModel, openBaseModel } from './baseModel.js';
import { type NamesBatch, NamesBatches } from './batches.js';
import { defaultLength, lastingSettings, type NamesConfig, warmupShare } from './config.js';
import { classParts, cropTable } from './cropTable.js';
import { type FeatureScale, featureScale } from './featureScale.js';
import { type NamedPictures, openNamedPictures } from './namedPictures.js';
import { anchoredNames, writeNamesFolder } from './namesFolder.js';
import { type NamesTensors, namesLosses } from './namesLoss.js';
import { classesOf, frozenClasses, newClasses } from './newClasses.js';
import { pictureFeatures } from './pictureFeatures.js';

export interface TrainNamesOptions extends LoopOptions {
  /** Default: `continue`. */
  start?: StartMode;
  /** The processes that train together. Default: this one alone. */
  ranks?: Ranks;
}

/**
 * Teaches the model for photographs names as `config` says, into `config.output`. Its checkpoints are whole model
 * folders, ready to detect with. A run that has checkpoints goes on from the newest.
 * @throws UserError for bad data, a changed config, a folder in use, and a loss that is not finite.
 */
export async function trainNames(
  config: NamesConfig,
  options: TrainNamesOptions = {},
): Promise<TrainResult> {
  return withRunLock(config.output, options.ranks ?? alone, () => trainLocked(config, options));
}

async function trainLocked(config: NamesConfig, options: TrainNamesOptions): Promise<TrainResult> {
  const { ranks = alone } = options;
  const { output, keep, labelSmoothing } = config;
  const shown = openNamedPictures(config.data);
  const { names } = shown;
  const base = await openBaseModel(config.model, names);
  const learnt = await anchoredNames(base, names);
  const table = cropTable(shown, await seenByAll(base, shown, config, options), config.views);
  const records = table.crops.length;
  const parts = classParts(table.counts);
  const batch = batchOf(parts, config, ranks);
  const order = new DataOrder(parts, { ...config, batch });
  const steps = lengthOf(config, order.batchesPerEpoch);
  const { warmupSteps = Math.round(warmupShare * steps) } = config;
  const settings = lastingSettings(config);
  const start = await startRun<FeatureScale>(settings, options.start ?? 'continue', {
    checkpoint: async (folder) => classesOf(folder, base.before.names.length),
    initial: async () => ({
      model: base.scale ?? featureScale(table),
      parameters: newClasses(names.length),
    }),
    ...{ records, ranks },
  });
  const scale = start.model;
  const frozen = await frozenClasses(base, scale);
  const microBatch = batch / ranks.size;
  const shape = { batch, microBatch, rank: ranks.rank, ranks: ranks.size, names: names.length };
  const [beta1, beta2] = config.betas;
  return runTraining<NamesBatch, Arrays<NamesTensors>>(
    {
      ...{ settings: { ...config, batch, warmupSteps }, steps, records, start, ranks },
      batchesPerEpoch: order.batchesPerEpoch,
      microBatches: 1,
      holdBatches: false,
      loader: new NamesBatches(table, order, { ...config, ...shape }, start.state.step),
      toBatch: ({ features, kept, targets }) => ({ features, kept, targets, frozen }),
      step: averagedStep<NamesTensors>(
        (weights, given) => ({ ...namesLosses(weights, given, labelSmoothing) }),
        { ...config, beta1, beta2, ranks, microBatches: 1 },
      ),
      save: (state) =>
        saveCheckpoint(output, state, {
          settings: resumeSettings(settings),
          data: order.positionOf(state.step),
          keep,
          write: (folder) => writeNamesFolder(folder, base, learnt, scale, state.parameters),
        }),
    },
    options,
  );
}

/** What is seen in the pictures, by the first rank first: the others then find what it kept. */
async function seenByAll(
  base: BaseModel,
  { pictures }: NamedPictures,
  config: NamesConfig,
  { ranks = alone, signal, stream = process.stderr }: TrainNamesOptions,
): Promise<(Float32Array | null)[]> {
  if (ranks.rank > 0) await ranks.barrier();
  const tell = (message: string) => {
    if (ranks.rank === 0) stream.write(`${message}\n`);
  };
  const seen = await pictureFeatures(base, pictures, config, { signal, tell });
  if (ranks.rank === 0) await ranks.barrier();
  return seen;
}

/** Records of a step: as the config says, but no more than an epoch shows, and as many for each rank. */
function batchOf(parts: readonly DataPart[], config: NamesConfig, ranks: Ranks): number {
  const { epochLength } = new DataOrder(parts, { ...config, batch: 1 });
  if (epochLength >= config.batch) return shareOfStep(config.batch, ranks) * ranks.size;
  return Math.floor(epochLength / ranks.size) * ranks.size;
}

/** Steps of a run; of few records more epochs are shown, where the config does not say how many. */
function lengthOf(config: NamesConfig, batchesPerEpoch: number): number {
  if (config.steps !== undefined || config.epochs !== undefined) {
    return stepsOf(config, batchesPerEpoch);
  }
  return Math.max(defaultLength.steps, defaultLength.epochs * batchesPerEpoch);
}
