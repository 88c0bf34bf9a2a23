import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import type { Exportable, ModelExportOptions } from '../../src/fgclip/export.js';
import type { FgClip2Exportable } from '../../src/fgclip2/export.js';
import { compiledDevices, isEager, withoutOnnx } from '../../src/jit/deviceNames.js';
import type { ExportedModel, ExportedPort } from '../../src/jit/export.js';
import type { Target } from '../../src/jit/graph.js';
import type { Precision } from '../../src/jit/tracer.js';
import type { ModelFamily } from '../../src/modelFamily.js';
import type { PhotosExportable } from '../../src/photos/export.js';
import { note, printJson, printLines, tableLines, UsageError } from './common.js';

interface ExportArguments {
  model?: string;
  output: string;
  what?: string[];
  size?: string;
  batch?: number;
  tokens?: number;
  boxes?: number;
  target: string;
  precision: string;
  offline?: boolean;
  json?: boolean;
}

/** `fgdet export [model] --output <folder>` */
export const command: CommandModule<object, ExportArguments> = {
  command: 'export [model]',
  describe: 'Write a model as ONNX files, to run it elsewhere',
  builder: (yargs) =>
    yargs
      .positional('model', {
        type: 'string',
        describe:
          'Model folder or Hugging Face name; if absent, the model for photographs that ships with fgdet',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'Folder for the files, each named by what it holds',
      })
      .option('what', {
        type: 'string',
        array: true,
        requiresArg: true,
        choices: ['boxes', 'crops', 'text', 'image', 'dense', 'regions', 'box-text', 'long-text'],
        describe:
          'What to export; repeat for more. Of the model for photographs: boxes, crops, text (default: all); of FG-CLIP: ' +
          'image, dense, regions, text, long-text (default: image, dense, text); of FG-CLIP 2: these and box-text ' +
          '(default: image, dense, text, box-text)',
      })
      .option('size', {
        type: 'string',
        requiresArg: true,
        describe:
          "Width and height of pictures, as in 224x224; the model's if absent. Files of FG-CLIP 2 take pictures, boxes " +
          'and texts in any number, and pictures of any grid of patches: no --size, --batch, --tokens, --boxes',
      })
      .option('batch', {
        type: 'number',
        requiresArg: true,
        describe: 'Pictures or texts of one run; 1 if absent',
      })
      .option('tokens', {
        type: 'number',
        requiresArg: true,
        describe: 'Tokens of a text; as many as the model takes if absent',
      })
      .option('boxes', {
        type: 'number',
        requiresArg: true,
        describe: 'Boxes of one run, for regions; 16 if absent',
      })
      .option('target', {
        choices: ['portable', ...compiledDevices],
        coerce: (target: string) => {
          if (isEager(target)) throw new UsageError(withoutOnnx(target));
          return target;
        },
        default: 'portable',
        describe: "portable: standard ONNX operators; otherwise onnxruntime's own for a device",
      })
      .option('precision', {
        choices: ['float32', 'float16', 'int8'],
        default: 'float32',
        describe: 'float16 has half the size; int8 is smaller still and slightly less exact',
      })
      .option('offline', { type: 'boolean', describe: 'Use no network: only models in the cache' })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example('$0 export --output onnx', 'The model that ships with fgdet')
      .example(
        '$0 export qihoo360/fg-clip-base -o onnx --what regions --boxes 100',
        'Features of a hundred boxes in one picture',
      ),
  handler: async (args) => {
    const sizes = {
      size: args.size === undefined ? undefined : pictureSize(args.size),
      batch: count('batch', args.batch),
      tokens: count('tokens', args.tokens),
      boxes: count('boxes', args.boxes),
    };
    const [{ resolveModelFolder }, { withDownloadBar }, { familyOf, shippedModel }] =
      await Promise.all([
        import('../../src/checkpoints/resolveFolder.js'),
        import('../../src/checkpoints/downloadBar.js'),
        import('../../src/modelFamily.js'),
      ]);
    const { model: name = shippedModel, offline } = args;
    const folder = await withDownloadBar(name, (told) =>
      resolveModelFolder(name, { offline, ...told }),
    );
    const options = {
      ...sizes,
      target: args.target as Target,
      precision: args.precision as Precision,
    };
    const { all, usual, write } = await partsOf[familyOf(folder)](folder);
    const wanted = [...new Set(args.what ?? usual)];
    const unknown = wanted.find((what) => !all.includes(what));
    if (unknown !== undefined) {
      throw new UsageError(`${name} has no "${unknown}" to export; it has ${all.join(', ')}.`);
    }
    const exported: ExportedModel[] = [];
    for (const what of wanted) exported.push(await write(what, args.output, options));
    if (args.json) return printJson(exported);
    const port = ({ name, dtype, shape }: ExportedPort) => `${name}: ${dtype}[${shape}]`;
    const rows = exported.map(({ file, data, inputs, outputs }) => [
      data ? `${file} (+ .data)` : file,
      inputs.map(port).join(', '),
      outputs.map(port).join(', '),
    ]);
    printLines(tableLines(['file', 'inputs', 'outputs'], rows));
    const has = (file: string) => existsSync(join(folder, file));
    if (has('preprocessor_config.json')) {
      note(`Pictures are prepared as ${join(folder, 'preprocessor_config.json')} says.`);
    }
    const tokenizer = ['tokenizer.json', 'vocab.json'].find(has);
    if (tokenizer) note(`Texts become tokens with ${join(folder, tokenizer)}.`);
  },
};

/** What a model can be exported as. */
interface Parts {
  all: readonly string[];
  /** What is exported where nothing is named. */
  usual: readonly string[];
  write(what: string, output: string, options: ModelExportOptions): Promise<ExportedModel>;
}

async function fgclipParts(folder: string): Promise<Parts> {
  const [{ exportables, exportModel }, { loadModelFolder }] = await Promise.all([
    import('../../src/fgclip/export.js'),
    import('../../src/fgclip/modelFolder.js'),
  ]);
  const model = await loadModelFolder(folder);
  return {
    all: exportables,
    usual: ['image', 'dense', 'text'],
    write: (what, output, options) => exportModel(model, what as Exportable, output, options),
  };
}

async function fgclip2Parts(folder: string): Promise<Parts> {
  const [{ exportFgClip2, fgclip2Exportables }, { loadFgClip2Folder }] = await Promise.all([
    import('../../src/fgclip2/export.js'),
    import('../../src/fgclip2/modelFolder.js'),
  ]);
  const model = await loadFgClip2Folder(folder);
  return {
    all: fgclip2Exportables,
    usual: ['image', 'dense', 'text', 'box-text'],
    write: (what, output, { target, precision, ...sizes }) => {
      const given = Object.entries(sizes).find(([, value]) => value !== undefined);
      if (given) {
        throw new UsageError(`Files of FG-CLIP 2 take any number and size: no --${given[0]}.`);
      }
      return exportFgClip2(model, what as FgClip2Exportable, output, { target, precision });
    },
  };
}

async function photosParts(folder: string): Promise<Parts> {
  const [{ exportPhotos, photosExportables }, { openPhotosFolder }] = await Promise.all([
    import('../../src/photos/export.js'),
    import('../../src/photos/modelFolder.js'),
  ]);
  const model = openPhotosFolder(folder);
  return {
    all: photosExportables,
    usual: photosExportables,
    write: (what, output, { size, ...options }) => {
      if (size)
        throw new UsageError('The model for photographs has one size of pictures: no --size.');
      return exportPhotos(model, what as PhotosExportable, output, options);
    },
  };
}

const partsOf: Readonly<Record<ModelFamily, (folder: string) => Promise<Parts>>> = {
  fgclip: fgclipParts,
  fgclip2: fgclip2Parts,
  photos: photosParts,
};

/** "640x480" as [640, 480] and "224" as [224, 224]. */
function pictureSize(text: string): [width: number, height: number] {
  const sides = /^(\d+)(?:x(\d+))?$/.exec(text);
  if (!sides || +sides[1] === 0 || +(sides[2] ?? 1) === 0) {
    throw new UsageError(`--size must be one number or two, as in 224 or 320x224, not "${text}".`);
  }
  return [+sides[1], +(sides[2] ?? sides[1])];
}

function count(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return value;
  throw new UsageError(`--${name} must be a whole number above 0, not ${value}.`);
}
