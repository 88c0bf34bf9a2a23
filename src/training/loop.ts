import { join } from 'node:path';
import { UserError } from '../errors.js';
import { BadRecords } from './badRecords.js';
import { type LogEntry, TrainingLog } from './log.js';
import { writeLossPlot } from './plot.js';
import { ProgressLine } from './progress.js';
import { learningRateAt } from './schedule.js';
import type { LossParts, TrainState, TrainStep } from './updateStep.js';

/** What a batch brings besides itself. */
export interface BatchReport {
  /** Records that were replaced because they or their pictures cannot be read. */
  bad: { record: number; reason: string }[];
  /** Boxes left out because they have no area. */
  droppedBoxes: number;
}

/** A training run: whatever learns, the loop around it is the same. */
export interface TrainingRun<Prepared extends BatchReport, Batch> {
  settings: {
    output: string;
    batch: number;
    accumulate: number;
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
  /** Hands out micro-batches from the one that the start asks for. */
  loader: { next(): Promise<Prepared>; close(): Promise<void> };
  toBatch(prepared: Prepared): Batch | Promise<Batch>;
  step: TrainStep<Batch>;
  /** Writes a checkpoint and returns its folder. */
  save(state: TrainState): Promise<string>;
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
  const { settings, steps, step, loader, start } = run;
  const progress = new ProgressLine(options.stream ?? process.stderr, steps);
  progress.note(
    `${run.records} records, ${run.batchesPerEpoch} steps an epoch; ` +
      (start.checkpoint ? `resuming ${start.checkpoint}` : `starting ${settings.output}`),
  );
  const log = await TrainingLog.open(settings.output, start.state.step);
  const bad = new BadRecords(settings.badRecords, run.records);
  const picturesPerStep = settings.batch * settings.accumulate;
  let { state, checkpoint } = start;
  let droppedBoxes = 0;
  const save = async () => {
    checkpoint = await run.save(state);
    await writeLossPlot(log.entries, join(settings.output, 'loss.png'));
  };
  try {
    let saved = state.step;
    while (state.step < steps && !options.signal?.aborted) {
      const started = performance.now();
      const batches: Batch[] = [];
      for (let micro = 0; micro < settings.accumulate; micro++) {
        const prepared = await loader.next();
        droppedBoxes += prepared.droppedBoxes;
        for (const reason of bad.add(prepared, settings.batch)) progress.note(`skipped: ${reason}`);
        batches.push(await run.toBatch(prepared));
      }
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
        imagesPerSecond: picturesPerStep / seconds,
      };
      releaseState(state);
      state = result.state;
      log.add(entry);
      progress.update(entry);
      if (state.step % settings.checkpointEvery === 0) {
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
