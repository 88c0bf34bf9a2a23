import type { CommandModule } from 'yargs';
import { command as coco } from './scoreCoco.js';
import { command as lvis } from './scoreLvis.js';
import { command as ovCoco } from './scoreOvCoco.js';
import { command as presence } from './scorePresence.js';
import { command as recall } from './scoreRecall.js';

/** The protocols that a results file can be scored by. */
export const protocols = [coco, lvis, ovCoco, presence, recall] as CommandModule[];

/** `fgdet score <protocol>` */
export const command: CommandModule = {
  command: 'score',
  describe:
    "Score a detector's results file: COCO's and LVIS's numbers, open-vocabulary AP50, presence, recall",
  builder: (yargs) =>
    yargs
      .usage('$0 score <protocol> --gt <annotations> --dt <results>')
      .command(protocols)
      .demandCommand(1, 'Say by which protocol.')
      .example('$0 score coco --gt instances_val2017.json --dt results.json', "COCO's table")
      .example('$0 score lvis --gt lvis_v1_val.json --dt results.json', 'AP, APr, APc, APf')
      .example('$0 score ov-coco --gt ov_val.json --dt results.json', '48 base, 17 novel classes')
      .example('$0 score presence --gt sa-co.json --dt results.json', 'cgF1, and its parts')
      .example(
        '$0 score recall --gt lvis_v1_val.json --dt proposals.json.gz',
        'AR at 100 to 1,000',
      ),
  handler: () => {},
};
