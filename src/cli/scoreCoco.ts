import type { CommandModule } from 'yargs';
import { printJson, printLines, UsageError } from './common.js';
import { categoryTable, readScored, type ScoreArguments, scoreOptions } from './scoreOptions.js';

interface CocoArguments extends ScoreArguments {
  maxDets?: string;
  classAgnostic?: boolean;
  perCategory?: boolean;
}

/** `fgdet score coco` */
export const command: CommandModule<object, CocoArguments> = {
  command: 'coco',
  describe: "COCO's twelve numbers of boxes",
  builder: (yargs) =>
    scoreOptions(yargs)
      .usage('$0 score coco --gt <annotations> --dt <results>')
      .option('max-dets', {
        type: 'string',
        requiresArg: true,
        describe: 'Most boxes of a picture and category, rising; if absent, 1,10,100',
      })
      .option('class-agnostic', { type: 'boolean', describe: 'Take all categories for one' })
      .option('per-category', { type: 'boolean', describe: 'Print a line for each category too' })
      .example('$0 score coco --gt instances_val2017.json --dt results.json', 'The table')
      .example(
        '$0 score coco --gt val.json --dt results.json.gz --per-category --max-dets 100,300,1000',
        'With every category, and more boxes',
      ),
  handler: async (args) => {
    const maxDetections = args.maxDets === undefined ? undefined : parseLimits(args.maxDets);
    const files = await readScored(args);
    const { scoreCoco } = await import('../../eval/score/boxScores.js');
    const { classAgnostic } = args;
    const scores = scoreCoco(files, {
      ...(maxDetections && { maxDetections }),
      ...(classAgnostic && { classAgnostic }),
    });
    if (args.json) {
      printJson(scores);
      return;
    }
    printLines(cocoTable(scores.stats, maxDetections));
    if (args.perCategory) printLines(['', ...categoryTable(scores.perCategory)]);
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

const sizes = { s: ' small', m: 'medium', l: ' large' } as const;

/** The table as COCO's own tools print it. */
function cocoTable(
  stats: Readonly<Record<string, number>>,
  limits: readonly number[] = [1, 10, 100],
): string[] {
  const most = limits[limits.length - 1];
  return Object.entries(stats).map(([name, value]) => {
    const precision = name.startsWith('AP');
    const rest = name.slice(2);
    const kind = precision ? 'Average Precision  (AP)' : 'Average Recall     (AR)';
    const iou = precision && /^\d+$/.test(rest) ? `0.${rest}     ` : '0.50:0.95';
    const area = rest in sizes ? sizes[rest as keyof typeof sizes] : '   all';
    const limit = name === 'AP' ? 100 : !precision && /^\d+$/.test(rest) ? Number(rest) : most;
    const shown = value < 0 ? '-1.000' : ` ${value.toFixed(3)}`;
    return ` ${kind} @[ IoU=${iou} | area=${area} | maxDets=${String(limit).padStart(3)} ] =${shown}`;
  });
}
