import type { CommandModule } from 'yargs';
import type { Ranks } from '../../src/ranks/ranks.js';
import type { TrainResult } from '../../training/loop.js';
import type { TrainOptions } from '../../training/trainer.js';
import { note, printJson } from './common.js';
import { interrupted, stoppable } from './interrupt.js';

interface TrainArguments {
  config: string;
  output?: string;
  steps?: number;
  resume?: boolean;
  fresh?: boolean;
  json?: boolean;
}

/** `fgdet train <config.json>` */
export const command: CommandModule<object, TrainArguments> = {
  command: 'train <config>',
  describe:
    'Train FG-CLIP, FG-CLIP 2, a detector or names of your own as a config file says; goes on from the newest checkpoint',
  builder: (yargs) =>
    yargs
      .positional('config', {
        type: 'string',
        demandOption: true,
        describe: 'The training config, a JSON file',
      })
      .option('output', { type: 'string', describe: "Folder for the run; instead of the config's" })
      .option('steps', { type: 'number', describe: "Steps to train; instead of the config's" })
      .option('resume', {
        type: 'boolean',
        conflicts: 'fresh',
        describe: 'Fail when there is no checkpoint to go on from',
      })
      .option('fresh', { type: 'boolean', describe: "Delete the run's checkpoints and start over" })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example('$0 train configs/training/scenes-things.json', 'Start the run, or go on with it')
      .example(
        '$0 train configs/training/fgclip2-base-stage2.json',
        'FG-CLIP 2, as its reference trains it',
      )
      .example('$0 train configs/training/scenes-proposals.json', 'The network that finds boxes')
      .example('$0 train configs/training/photos-names.json', 'Names for the model for photographs')
      .example(
        'mpirun -n 8 $0 train mine.json',
        'On eight processes, each with its share of a batch',
      )
      .example('$0 train mine.json --steps 100 --output runs/trial --fresh', 'A short trial'),
  handler: async (args) => {
    const start = args.fresh ? 'fresh' : args.resume ? 'resume' : 'continue';
    const run = await openRun(args);
    const { withRanks } = await import('../../src/ranks/mpiRanks.js');
    await withRanks(async (ranks) => {
      const result = await stoppable(stopping(ranks), (signal) => run({ start, signal, ranks }));
      if (ranks.rank === 0) show(result, args);
      if (result.interrupted) process.exitCode = interrupted;
    });
  },
};

/** What is said when a signal comes: mpirun sends one, too, when another process has ended. */
function stopping({ rank, size }: Ranks): string {
  if (size === 1) return 'Stopping after this step, with a checkpoint (again: stop at once).';
  return (
    `[rank ${rank}] Stopping after this step, with a checkpoint. If one of the ${size} processes has ended, ` +
    'the step cannot end: the same command then goes on from the newest checkpoint.'
  );
}

function show(result: TrainResult, { json }: TrainArguments): void {
  const skipped = result.badRecords > 0 ? `, ${result.badRecords} records skipped` : '';
  note(
    `${result.interrupted ? 'Stopped' : 'Done'} at step ${result.step} of ${result.steps}${skipped}: ${result.checkpoint}`,
  );
  if (json) printJson(result);
}

/** The run that a config asks for by its `stage`, checked and ready to start. */
async function openRun({
  config: file,
  output,
  steps,
}: TrainArguments): Promise<(options: TrainOptions) => Promise<TrainResult>> {
  const { readJson } = await import('../../src/files/jsonFile.js');
  const { proposalStage, readProposalConfig } = await import('../../training/proposals/config.js');
  const { stage } = Object(readJson(file));
  if (stage === proposalStage) {
    const config = readProposalConfig(file, { output, steps });
    const { trainProposals } = await import('../../training/proposals/train.js');
    return (options) => trainProposals(config, options);
  }
  const { namesStage, readNamesConfig } = await import('../../training/names/config.js');
  if (stage === namesStage) {
    const config = readNamesConfig(file, { output, steps });
    const { trainNames } = await import('../../training/names/train.js');
    return (options) => trainNames(config, options);
  }
  const { readTrainingConfig } = await import('../../training/config.js');
  const config = readTrainingConfig(file, { output, steps });
  const { train } = await import('../../training/trainer.js');
  return (options) => train(config, options);
}
