import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import type { FolderContent } from '../../src/checkpoints/writeModelFolder.js';
import { note, printJson } from './common.js';

interface ConvertArguments {
  model: string;
  output: string;
  dtype: string;
  json?: boolean;
}

type Content = Pick<FolderContent, 'dtype' | 'files'>;

/** Writes a folder's model anew. @returns the number of its tensors. */
const write = {
  async fgclip(folder: string, output: string, content: Content) {
    const { loadModelFolder, saveModelFolder } = await import('../../src/fgclip/modelFolder.js');
    const { config, parameters } = await loadModelFolder(folder, {
      plainClip: true,
      onNotice: note,
    });
    await saveModelFolder(output, { config, parameters, ...content });
    return parameters.size;
  },
  async fgclip2(folder: string, output: string, content: Content) {
    const { loadFgClip2Folder, saveFgClip2Folder } = await import(
      '../../src/fgclip2/modelFolder.js'
    );
    const { config, parameters } = await loadFgClip2Folder(folder, {
      plainClip: true,
      onNotice: note,
    });
    await saveFgClip2Folder(output, { config, parameters, ...content });
    return parameters.size;
  },
};

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
          'A model folder, a training run, or a Hugging Face name; plain CLIP becomes FG-CLIP, SigLIP 2 FG-CLIP 2',
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
    const { companionsOf } = await import('../../src/checkpoints/modelFiles.js');
    const { resolveModelFolder } = await import('../../src/checkpoints/resolveFolder.js');
    const { withDownloadBar } = await import('../../src/checkpoints/downloadBar.js');
    const { familyOf } = await import('../../src/modelFamily.js');
    const folder = await withDownloadBar(model, (told) =>
      resolveModelFolder(model, { ...told, plainClip: true }),
    );
    const carried = companionsOf(readdirSync(folder)).filter((name) => name !== 'config.json');
    const tensors = await write[familyOf(folder) === 'fgclip2' ? 'fgclip2' : 'fgclip'](
      folder,
      output,
      {
        dtype: dtype as 'F32' | 'F16' | 'BF16',
        files: Object.fromEntries(carried.map((name) => [name, join(folder, name)])),
      },
    );
    note(`${folder} as ${dtype}: ${join(output, 'model.safetensors')}`);
    if (json) printJson({ model: folder, output, dtype, tensors });
  },
};
