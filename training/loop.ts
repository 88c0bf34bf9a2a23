import { join } from 'node:path';
import { latestCheckpoint } from '../src/checkpoints/runFolder.js';
import { UserError } from '../src/errors.js';
import { OrientationCounts, orientationNote } from '../src/images/orientation.js';
import { alone, type Ranks } from '../src/ranks/ranks.js';
import { BadRecords } from './badRecords.js';
import { loadedBatches } from './loadedBatches.js';
import { type LogEntry, TrainingLog } from './log.js';
import type { TrainState } from './optimizer.js';
import type { OrientedRecord } from './pictureBatch.js';
import { ProgressLine } from './progress.js';
import { learningRateAt } from './schedule.js';
import type { LossParts, TrainStep } from './trainStep.js';

/** What a batch brings besides itself. */
export interface BatchReport {
  /** Records that were replaced because they or their pictures cannot be read. */
  bad: { record: number; reason: string }[];
  /** Boxes left out because they have no area. */
  droppedBoxes: number;
  /** Records whose pictures have an EXIF orientation that makes a difference. */
  oriented?: readonly OrientedRecord[];
}

/** A training run: whatever learns, the loop around it is the same. */
export interface TrainingRun<Prepared extends BatchReport, Batch> {
  settings: {
    output: string;
    batch: number;
    learningRate: number;
    warmupSteps: number;
    checkpointEvery: number;
    badRecords: number;
  };
  /** Steps from the very beginning to the end. */
  steps: number;
  records: number;
  batchesPerEpoch: number;
  /** Where the run begins, and the checkpoint it goes on from. */
  start: { state: TrainState; checkpoint: string | null };
  /** Micro-batches of a step, on this rank. */
  microBatches: number;
  /** Whether a step's micro-batches are kept until its end; else the loader hands them out for each pass. */
  holdBatches: boolean;
  /** Hands out micro-batches from the step that the start asks for. */
  loader: { next(): Promise<Prepared>; close(): Promise<void> };
  toBatch(prepared: Prepared): Batch | Promise<Batch>;
  step: TrainStep<Batch>;
  /** Writes a checkpoint and returns its folder; called on the first rank. */
  save(state: TrainState): Promise<string>;
  /** Default: this process alone. */
  ranks?: Ranks;
}

export interface LoopOptions {
  /** Ends the run, with a checkpoint, after the step under way. */
  signal?: AbortSignal;
  /** Where progress is shown. Default: stderr. */
  stream?: NodeJS.WriteStream;
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
 * Runs a training run to its end or to a signal, with a log, a plot of the losses and checkpoints, and
 * frees its parts.
 * @throws UserError for bad data and for a loss that is not finite.
 */
export async function runTraining<Prepared extends BatchReport, Batch>(
  run: TrainingRun<Prepared, Batch>,
  options: LoopOptions = {},
): Promise<TrainResult> {
  const { settings, steps, step, loader, start, microBatches, ranks = alone } = run;
  const progress = new ProgressLine(options.stream ?? process.stderr, steps, ranks);
  progress.note(
    `${run.records} records, ${run.batchesPerEpoch} steps an epoch; ` +
      (start.checkpoint ? `resuming ${start.checkpoint}` : `starting ${settings.output}`),
  );
  // The first rank writes for all.
  const log = ranks.rank === 0 ? await TrainingLog.open(settings.output, start.state.step) : null;
  const bad = new BadRecords(settings.badRecords, run.records);
  const orientations = new OrientationCounts();
  let orientationsTold = false;
  const tellOrientations = async () => {
    if (orientationsTold) return;
    orientationsTold = true;
    const counts = Float64Array.of(orientations.shown.size, orientations.stored.size);
    await ranks.sum(counts);
    const turned = orientationNote(counts[0], counts[1]);
    if (turned) progress.note(turned);
  };
  let { state, checkpoint } = start;
  let droppedBoxes = 0;
  let losses = log?.entries.at(-1)?.losses ?? null;
  const save = async () => {
    if (!log) return;
    checkpoint = await run.save(state);
    const { writeLossPlot } = await import('./plot.js');
    await writeLossPlot(log.entries, join(settings.output, 'loss.png'));
  };
  const stopAsked = async () => (await ranks.largest(options.signal?.aborted ? 1 : 0)) === 1;
  try {
    let saved = state.step;
    while (state.step < steps && !(await stopAsked())) {
      const started = performance.now();
      const batches = loadedBatches<Prepared, Batch>({
        loader,
        count: microBatches,
        toBatch: run.toBatch,
        hold: run.holdBatches,
        onFirst(prepared) {
          droppedBoxes += prepared.droppedBoxes;
          for (const { record, takenAs } of prepared.oriented ?? []) {
            orientations.add(record, takenAs);
          }
          const shown = settings.batch / ranks.size / microBatches;
          for (const reason of bad.add(prepared, shown)) progress.warn(`skipped: ${reason}`);
        },
      });
      const learningRate = learningRateAt(state.step, { ...settings, steps });
      const result = await step.run(state, batches, learningRate);
      checkFinite(result, state.step + 1, checkpoint);
      const seconds = (performance.now() - started) / 1000;
      const entry: LogEntry = {
        step: result.state.step,
        epoch: Math.floor(state.step / run.batchesPerEpoch),
        learningRate,
        losses: result.losses,
        gradientNorm: result.gradientNorm,
        imagesPerSecond: settings.batch / seconds,
      };
      releaseState(state);
      state = result.state;
      losses = result.losses;
      log?.add(entry);
      progress.update(entry);
      // By then all pictures were shown.
      if (state.step - start.state.step === run.batchesPerEpoch) await tellOrientations();
      if (state.step % settings.checkpointEvery === 0) {
        await save();
        saved = state.step;
      }
    }
    if (saved !== state.step || checkpoint === null) await save();
    await tellOrientations();
    await ranks.barrier();
  } finally {
    releaseState(state);
    progress.end();
    log?.close();
    await step.dispose();
    await loader.close();
  }
  const counts = Float64Array.of(bad.count, droppedBoxes);
  await ranks.sum(counts);
  return {
    step: state.step,
    steps,
    checkpoint: checkpoint ?? latestCheckpoint(settings.output)!,
    losses,
    interrupted: state.step < steps,
    badRecords: counts[0],
    droppedBoxes: counts[1],
  };
}

/** Frees the device memory of a state that has been replaced. */
function releaseState({ parameters, first, second }: TrainState): void {
  for (const arrays of [parameters, first, second]) {
    for (const array of Object.values(arrays)) array.dispose();
  }
}

/** @throws UserError when a step's loss or gradient is not a number. */
function checkFinite(
  { losses, gradientNorm }: { losses: LossParts; gradientNorm: number },
  step: number,
  checkpoint: string | null,
): void {
  const values: Record<string, number | undefined> = { ...losses, 'gradient norm': gradientNorm };
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
