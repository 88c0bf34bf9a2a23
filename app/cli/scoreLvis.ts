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

interface LvisArguments extends PrecisionArguments {
  masks?: boolean;
  fixedAp?: number;
}

/** `fgdet score lvis` */
export const command: CommandModule<object, LvisArguments> = {
  command: 'lvis',
  describe: "LVIS's thirteen numbers of boxes or masks, or those of the fixed protocol",
  builder: (yargs) =>
    masksOption(precisionOptions(yargs))
      .usage('$0 score lvis --gt <annotations> --dt <results>')
      .option('fixed-ap', {
        type: 'number',
        requiresArg: true,
        describe:
          'Instead of the best 300 boxes of each picture, count this many of each category over all pictures (Dave et al., 2021: 10000)',
      })
      .example('$0 score lvis --gt lvis_v1_val.json --dt results.json', 'The table')
      .example(
        '$0 score lvis --gt lvis_v1_minival.json --dt results.json.gz --fixed-ap 10000',
        'Fixed AP on minival',
      ),
  handler: async (args) => {
    const { fixedAp } = args;
    if (fixedAp !== undefined && !(Number.isInteger(fixedAp) && fixedAp > 0)) {
      throw new UsageError('--fixed-ap must be a number of boxes, such as 10000.');
    }
    const files = await readScored(args);
    const { scoreLvis } = await import('../../eval/score/lvisScores.js');
    const scores = scoreLvis(files, fixedAp === undefined ? undefined : { perCategory: fixedAp });
    const limit = fixedAp === undefined ? 300 : Infinity;
    await showScores(args, scores, () => lvisTable(scores.stats, limit));
  },
};

const frequencies = { r: '  rare', c: 'common', f: 'freq. ' } as const;

function lvisTable(stats: Readonly<Record<string, number>>, limit: number): string[] {
  return Object.entries(stats).map(([name, value]) => {
    const frequency = name.slice(2) as keyof typeof frequencies;
    return summaryLine(name, value, { limit, categories: frequencies[frequency] ?? '   all' });
  });
}
