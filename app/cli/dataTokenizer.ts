import type { CommandModule } from 'yargs';
import { note, printJson } from './common.js';

interface TokenizerArguments {
  records: string[];
  vocabulary: number;
  output: string;
  json?: boolean;
}

/** `fgdet data tokenizer <records…>` */
export const command: CommandModule<object, TokenizerArguments> = {
  command: 'tokenizer <records..>',
  describe:
    "Make a tokenizer from the texts of FineHARD records, for a model that has none of CLIP's",
  builder: (yargs) =>
    yargs
      .positional('records', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'FineHARD JSON files, or folders of them',
      })
      .option('vocabulary', {
        type: 'number',
        default: 2048,
        describe: "Entries; the model's vocab_size",
      })
      .option('output', {
        type: 'string',
        demandOption: true,
        describe: 'Folder for tokenizer.json and tokenizer_config.json',
      })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example(
        '$0 data tokenizer data/scenes/train/finehard.json --output configs/models/scenes-tokenizer',
        'The tokenizer of models/scenes',
      ),
  handler: async ({ records, vocabulary, output, json }) => {
    const [{ join }, { writeTextAtomically }, { recordTexts }, { trainBpe }] = await Promise.all([
      import('node:path'),
      import('../../src/files/atomicFile.js'),
      import('../../datasets/recordTexts.js'),
      import('../../src/text/trainTokenizer.js'),
    ]);
    const { tokenizer, config } = await trainBpe(recordTexts(records), { vocabSize: vocabulary });
    const files = { 'tokenizer.json': tokenizer, 'tokenizer_config.json': config };
    for (const [name, content] of Object.entries(files)) {
      await writeTextAtomically(join(output, name), `${JSON.stringify(content)}\n`);
    }
    const { vocab, merges } = tokenizer.model;
    const result = { output, vocabulary: Object.keys(vocab).length, merges: merges.length };
    note(`${result.vocabulary} entries, ${result.merges} merges: ${output}`);
    if (json) printJson(result);
  },
};
