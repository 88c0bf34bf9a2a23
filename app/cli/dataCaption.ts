import type { CommandModule } from 'yargs';
import {
  type ConstructionArguments,
  constructionOptions,
  runConstruction,
} from './construction.js';

interface CaptionArguments extends ConstructionArguments {
  config: string;
}

/** `fgdet data caption [records…]` */
export const command: CommandModule<object, CaptionArguments> = {
  command: 'caption [records..]',
  describe: 'Have a multimodal model write long and short captions of pictures',
  builder: (yargs) =>
    constructionOptions(yargs)
      .option('config', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe:
          'Server, prompt and checks, a JSON file such as configs/construction/captions.json',
      })
      .example(
        '$0 data caption --images photos --config captions.json --output data/captions',
        'Every picture of a folder',
      )
      .example(
        '$0 data caption cc12m/*.tar --config captions.json --output data/captions --estimate',
        "What img2dataset's shards would cost",
      ),
  handler: async ({ config: file, ...args }) => {
    const { captionStep, readCaptionConfig } = await import(
      '../../training/construction/captions.js'
    );
    const config = readCaptionConfig(file);
    const { price } = config.endpoint;
    await runConstruction({
      ...args,
      step: () => captionStep(config),
      fields: config.fields,
      price,
    });
  },
};
