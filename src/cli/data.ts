import type { CommandModule } from 'yargs';
import { command as scenes } from './dataScenes.js';
import { command as tokenizer } from './dataTokenizer.js';

/** `fgdet data <what>` */
export const command: CommandModule = {
  command: 'data <what>',
  describe: 'Make training data: generated scenes, a tokenizer',
  builder: (yargs) =>
    yargs.command(scenes).command(tokenizer).demandCommand(1, 'Say what to make.'),
  handler: () => {},
};
