import type { CommandModule } from 'yargs';
import { UsageError } from './common.js';
import {
  type ConstructionArguments,
  constructionOptions,
  runConstruction,
} from './construction.js';
import { modelIdentity } from './modelIdentity.js';
import { type ModelArguments, modelOptions, startDetector } from './modelOptions.js';

interface RegionArguments extends ConstructionArguments, ModelArguments {
  proposals?: string;
  confidence: number;
  nms: number;
}

/** `fgdet data regions <records…>` */
export const command: CommandModule<object, RegionArguments> = {
  command: 'regions <records..>',
  describe: 'Find the things that captions name, and box them',
  builder: (yargs) =>
    modelOptions(constructionOptions(yargs))
      .option('proposals', {
        type: 'string',
        requiresArg: true,
        describe: 'Where boxes come from, as `fgdet detect --help` says',
      })
      .option('confidence', {
        type: 'number',
        default: 0.4,
        requiresArg: true,
        describe: 'Least score of a box',
      })
      .option('nms', {
        type: 'number',
        default: 0.5,
        requiresArg: true,
        describe: 'Of boxes that overlap more (IoU), the best is kept',
      })
      .example(
        '$0 data regions data/captions/finehard.json --images photos --output data/regions',
        'Boxes by the model that ships',
      )
      .example(
        'mpirun -n 8 $0 data regions captions --images photos --model qihoo360/fg-clip-large --output data/regions',
        'On eight processes, each with its share of the pictures',
      ),
  handler: async (args) => {
    for (const name of ['confidence', 'nms'] as const) {
      if (!(args[name] >= 0 && args[name] <= 1)) {
        throw new UsageError(`--${name} takes a number from 0 to 1.`);
      }
    }
    const [{ regionStep, readNotThings }, { shippedModel }] = await Promise.all([
      import('../../training/construction/regions.js'),
      import('../../src/modelFamily.js'),
    ]);
    const { confidence, nms: overlap, proposals } = args;
    const detector = await startDetector(args, [], [], { proposals });
    try {
      const identity = [await modelIdentity(args.model ?? shippedModel, args), proposals];
      const notThings = readNotThings();
      await runConstruction({
        ...args,
        step: () => regionStep(detector, { confidence, overlap, notThings, identity }),
      });
    } finally {
      await detector.dispose();
    }
  },
};
