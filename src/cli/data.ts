import type { CommandModule } from 'yargs';
import { command as scenes } from './dataScenes.js';
import { command as tokenizer } from './dataTokenizer.js';

/** What can be made. */
export const subcommands = [scenes, tokenizer] as CommandModule[];

/** `fgdet data <what>` */
export const command: CommandModule = {
  command: 'data',
  describe: 'Make training data: generated scenes, a tokenizer',
  builder: (yargs) =>
    yargs
      .usage('$0 data <what>')
      .command(subcommands)
      .demandCommand(1, 'Say what to make.')
      .example('$0 data scenes --count 20000 --output data/scenes', 'Pictures to train on')
      .example(
        '$0 data tokenizer data/scenes/finehard.json --output data/vocabulary',
        'A tokenizer for their texts',
      ),
  handler: () => {},
};
