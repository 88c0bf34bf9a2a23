import type { CommandModule } from 'yargs';
import { UsageError } from './common.js';
import {
  masksOption,
  type PrecisionArguments,
  precisionOptions,
  readScored,
  showScores,
  summaryLine,
} from './scoreOptions.js';

interface CocoArguments extends PrecisionArguments {
  masks?: boolean;
  maxDets?: string;
  classAgnostic?: boolean;
}

/** `fgdet score coco` */
export const command: CommandModule<object, CocoArguments> = {
  command: 'coco',
  describe: "COCO's twelve numbers of boxes or masks",
  builder: (yargs) =>
    masksOption(precisionOptions(yargs))
      .usage('$0 score coco --gt <annotations> --dt <results>')
      .option('max-dets', {
        type: 'string',
        requiresArg: true,
        describe: 'Most boxes of a picture and category, rising; if absent, 1,10,100',
      })
      .option('class-agnostic', { type: 'boolean', describe: 'Take all categories for one' })
      .example('$0 score coco --gt instances_val2017.json --dt results.json', 'The table')
      .example(
        '$0 score coco --gt val.json --dt results.json.gz --per-category --max-dets 100,300,1000',
        'With every category, and more boxes',
      ),
  handler: async (args) => {
    const maxDetections = args.maxDets === undefined ? undefined : parseLimits(args.maxDets);
    const files = await readScored(args);
    const { scoreCoco } = await import('../../eval/score/cocoScores.js');
    const { classAgnostic } = args;
    const scores = scoreCoco(files, {
      ...(maxDetections && { maxDetections }),
      ...(classAgnostic && { classAgnostic }),
    });
    await showScores(args, scores, () => cocoTable(scores.stats, maxDetections));
  },
};

function parseLimits(text: string): number[] {
  const limits = text.split(',').map(Number);
  const rising = limits.every(
    (limit, i) => Number.isInteger(limit) && limit > (i === 0 ? 0 : limits[i - 1]),
  );
  if (!rising) {
    throw new UsageError(`--max-dets must be rising whole numbers, such as 1,10,100, not ${text}.`);
  }
  return limits;
}

/** The table as COCO's own tools print it. */
function cocoTable(
  stats: Readonly<Record<string, number>>,
  limits: readonly number[] = [1, 10, 100],
): string[] {
  return Object.entries(stats).map(([name, value]) => {
    const own = /^AR(\d+)$/.exec(name)?.[1];
    const limit = name === 'AP' ? 100 : Number(own ?? limits.at(-1));
    return summaryLine(name, value, { limit });
  });
}
