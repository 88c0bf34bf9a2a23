import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { packageRoot } from '../../src/files/packageRoot.js';
import { tableLines } from './common.js';
import {
  type PrecisionArguments,
  percent,
  precisionOptions,
  readScored,
  showScores,
} from './scoreOptions.js';

interface OvCocoArguments extends PrecisionArguments {
  base: string;
  novel: string;
}

const splits = join(packageRoot, 'configs/splits');

/** `fgdet score ov-coco` */
export const command: CommandModule<object, OvCocoArguments> = {
  command: 'ov-coco',
  describe: 'Open-vocabulary COCO: AP50 of base and of novel categories',
  builder: (yargs) =>
    precisionOptions(yargs)
      .usage('$0 score ov-coco --gt <annotations> --dt <results>')
      .option('base', {
        type: 'string',
        requiresArg: true,
        default: join(splits, 'ov-coco-base.json'),
        defaultDescription: "OV-COCO's 48",
        describe: "JSON list of the base categories' names",
      })
      .option('novel', {
        type: 'string',
        requiresArg: true,
        default: join(splits, 'ov-coco-novel.json'),
        defaultDescription: "OV-COCO's 17",
        describe: "JSON list of the novel categories' names",
      })
      .example(
        '$0 score ov-coco --gt instances_val2017_all_2.json --dt results.json',
        "On the pictures of OVR-CNN's preparation, as papers do",
      )
      .example(
        '$0 score ov-coco --gt val.json --dt results.json --base mine.json --novel new.json',
        'Another division of another data set',
      ),
  handler: async (args) => {
    const [{ readCategoryChoice }, { scoreSplit }] = await Promise.all([
      import('../../datasets/categorySplit.js'),
      import('../../eval/score/splitScores.js'),
    ]);
    const split = { base: readCategoryChoice(args.base), novel: readCategoryChoice(args.novel) };
    const scores = scoreSplit(await readScored(args), split);
    const { base, novel, all } = scores.split;
    await showScores(args, scores, () =>
      tableLines(['AP50 novel', 'base', 'all'], [[novel, base, all].map(percent)]),
    );
  },
};
