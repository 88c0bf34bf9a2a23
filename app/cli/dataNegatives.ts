import type { CommandModule } from 'yargs';
import {
  type ConstructionArguments,
  constructionOptions,
  runConstruction,
} from './construction.js';

interface NegativeArguments extends ConstructionArguments {
  config?: string;
  lexicon?: string;
  seed: number;
}

/** `fgdet data negatives <records…>` */
export const command: CommandModule<object, NegativeArguments> = {
  command: 'negatives <records..>',
  describe: 'Write ten wrong versions of each description, with other attributes',
  builder: (yargs) =>
    constructionOptions(yargs)
      .option('config', {
        type: 'string',
        requiresArg: true,
        describe:
          'Server and prompt of a language model, a JSON file such as configs/construction/negatives.json; ' +
          'if absent, a lexicon of attributes writes them',
      })
      .option('lexicon', {
        type: 'string',
        requiresArg: true,
        describe: 'Words for attributes, as in configs/construction/attributes.json',
      })
      .option('seed', { type: 'number', default: 1, describe: 'Other seeds give other versions' })
      .example(
        '$0 data negatives data/regions/finehard.json --output data/train',
        'By the lexicon, without a network',
      )
      .example(
        '$0 data negatives data/regions/finehard.json --config llama.json --output data/train',
        'By a language model',
      ),
  handler: async ({ config: file, lexicon: words, seed, ...args }) => {
    const [{ negativeStep, readNegativeConfig }, { readAttributeLexicon }] = await Promise.all([
      import('../../training/construction/negatives.js'),
      import('../../training/construction/attributeLexicon.js'),
    ]);
    const config = file === undefined ? undefined : readNegativeConfig(file);
    const lexicon = readAttributeLexicon(words);
    const { price } = config?.endpoint ?? {};
    await runConstruction({ ...args, step: () => negativeStep(lexicon, { config, seed }), price });
  },
};
