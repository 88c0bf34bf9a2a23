import type { CommandModule } from 'yargs';
import { command as caption } from './dataCaption.js';
import { command as convert } from './dataConvert.js';
import { command as negatives } from './dataNegatives.js';
import { command as regions } from './dataRegions.js';
import { command as scenes } from './dataScenes.js';
import { command as tokenizer } from './dataTokenizer.js';

/** What can be made, and what it can be made into. */
export const subcommands = [
  caption,
  regions,
  negatives,
  scenes,
  tokenizer,
  convert,
] as CommandModule[];

/** `fgdet data <what>` */
export const command: CommandModule = {
  command: 'data',
  describe:
    'Make training data: captions, regions, hard negatives, scenes, a tokenizer; convert labels',
  builder: (yargs) =>
    yargs
      .usage('$0 data <what>')
      .command(subcommands)
      .demandCommand(1, 'Say what to make.')
      .example(
        '$0 data caption --images photos --config captions.json --output data/captions',
        'Captions of pictures; then regions, then negatives',
      )
      .example('$0 data scenes --count 20000 --output data/scenes', 'Pictures to train on')
      .example(
        '$0 data tokenizer data/scenes/finehard.json --output data/vocabulary',
        'A tokenizer for their texts',
      )
      .example(
        '$0 data convert labels.json --to yolo --images photos --output dataset',
        'Labels in another format',
      ),
  handler: () => {},
};
