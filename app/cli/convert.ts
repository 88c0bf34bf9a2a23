import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { note, printJson } from './common.js';

interface ConvertArguments {
  model: string;
  output: string;
  dtype: string;
  json?: boolean;
}

/** `fgdet convert <model>` */
export const command: CommandModule<object, ConvertArguments> = {
  command: 'convert <model>',
  describe: 'Write a model folder in another number format: F32, F16, BF16',
  builder: (yargs) =>
    yargs
      .positional('model', {
        type: 'string',
        demandOption: true,
        describe:
          'A model folder, a training run, or a Hugging Face name; plain CLIP becomes FG-CLIP',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        describe: 'Folder to write',
      })
      .option('dtype', {
        choices: ['F32', 'F16', 'BF16'],
        default: 'F16',
        describe: 'How the weights are stored; they are computed with in float32',
      })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example(
        '$0 convert runs/mine --output models/mine',
        'The newest checkpoint, at half the size',
      )
      .example(
        '$0 convert openai/clip-vit-base-patch16 --output start --dtype F32',
        "FG-CLIP's starting point from OpenAI's CLIP",
      ),
  handler: async ({ model, output, dtype, json }) => {
    const [{ loadModelFolder, saveModelFolder }, { companionsOf }, { withDownloadBar }] =
      await Promise.all([
        import('../../src/fgclip/modelFolder.js'),
        import('../../src/checkpoints/modelFiles.js'),
        import('../../src/checkpoints/downloadBar.js'),
      ]);
    const { config, parameters, folder } = await withDownloadBar(model, (options) =>
      loadModelFolder(model, { ...options, plainClip: true }),
    );
    const carried = companionsOf(readdirSync(folder)).filter((name) => name !== 'config.json');
    await saveModelFolder(output, {
      config,
      parameters,
      dtype: dtype as 'F32' | 'F16' | 'BF16',
      files: Object.fromEntries(carried.map((name) => [name, join(folder, name)])),
    });
    note(`${folder} as ${dtype}: ${join(output, 'model.safetensors')}`);
    if (json) printJson({ model: folder, output, dtype, tensors: parameters.size });
  },
};
