import type { CommandModule } from 'yargs';
import { printJson, printLines, tableLines } from './common.js';
import { percent, readScored, type ScoreArguments, scoreOptions } from './scoreOptions.js';

interface RecallArguments extends ScoreArguments {
  base?: string;
}

/** `fgdet score recall` */
export const command: CommandModule<object, RecallArguments> = {
  command: 'recall',
  describe: 'Average recall of the best 100, 300 and 1,000 boxes, whatever they are taken for',
  builder: (yargs) =>
    scoreOptions(yargs)
      .usage('$0 score recall --gt <annotations> --dt <results>')
      .option('base', {
        type: 'string',
        requiresArg: true,
        describe:
          'JSON list of names, or "not-rare": recall of objects of these categories and of the others too',
      })
      .example('$0 score recall --gt val.json --dt proposals.json', 'Of all objects')
      .example(
        '$0 score recall --gt lvis_v1_val.json --dt proposals.json --base not-rare',
        'Of frequent and common objects, and of rare ones',
      ),
  handler: async (args) => {
    const [{ readCategoryChoice }, { scoreRecall }] = await Promise.all([
      import('../../datasets/categorySplit.js'),
      import('../../eval/score/recallScores.js'),
    ]);
    const base = args.base === undefined ? undefined : readCategoryChoice(args.base);
    const scores = scoreRecall(await readScored(args), base);
    if (args.json) {
      printJson(scores);
      return;
    }
    const limits = Object.keys(scores.all);
    const rows = Object.entries(scores).map(([objects, recalls]) => [
      objects,
      ...Object.values(recalls).map(percent),
    ]);
    printLines(tableLines(['objects', ...limits], rows));
  },
};
