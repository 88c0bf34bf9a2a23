import type { CommandModule } from 'yargs';
import type { ResultIds } from '../../datasets/resultIdKinds.js';
import type { ExifChoice } from '../../src/images/orientation.js';
import { note, printJson, UsageError } from './common.js';
import { exifOption } from './exifOption.js';
import { type ModelArguments, modelOptions } from './modelOptions.js';
import { resultIdsOption } from './scoreOptions.js';

interface RescoreArguments extends ModelArguments {
  results: string;
  annotations: string;
  images: string;
  output: string;
  templates?: string[];
  tau?: number;
  base?: string;
  alpha?: number;
  beta?: number;
  nms?: number;
  ids?: ResultIds;
  exif?: ExifChoice;
  json?: boolean;
}

/** `fgdet rescore <results.json>` */
export const command: CommandModule<object, RescoreArguments> = {
  command: 'rescore <results>',
  describe: "Score another detector's boxes again: what does the model take them for?",
  builder: (yargs) =>
    modelOptions(yargs)
      .usage('$0 rescore <results> --annotations <file> --images <folder> --output <file>')
      .positional('results', {
        type: 'string',
        demandOption: true,
        describe: "The detector's COCO results, scores 0 to 1; may be compressed with gzip",
      })
      .option('annotations', {
        alias: 'a',
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'COCO or LVIS file that lists the pictures, and the categories to choose from',
      })
      .option('images', {
        alias: 'i',
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'Folder of the pictures',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'The COCO results file to write',
      })
      .option('templates', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'Sentence for the names, such as "a photo of {a}", or a list of configs/templates.json: ' +
          "prompt, plain, imagenet; repeat for more; if absent, the model folder's. FG-CLIP only",
      })
      .option('tau', {
        type: 'number',
        requiresArg: true,
        describe:
          "What cosines are multiplied by before the softmax; if absent, the model folder's. " +
          'F-ViT: 75 for COCO, 50 for LVIS. FG-CLIP only',
      })
      .option('base', {
        type: 'string',
        requiresArg: true,
        describe:
          'The categories that the detector was trained on: a JSON list of names, or not-rare (LVIS)',
      })
      .option('alpha', {
        type: 'number',
        requiresArg: true,
        describe: "Weight of the model's probability for base categories; 0.1 if absent",
      })
      .option('beta', {
        type: 'number',
        requiresArg: true,
        describe: 'The same for the other, novel ones; 0.8 if absent',
      })
      .option('nms', {
        type: 'number',
        requiresArg: true,
        describe:
          'Boxes of one category that overlap more (IoU, 0 to 1) are one; if absent, all stay',
      })
      .option('ids', resultIdsOption)
      .option('exif', { ...exifOption, describe: `${exifOption.describe}; auto if absent` })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example(
        '$0 rescore dets.json -a lvis_v1_minival.json -i coco -o rescored.json -m qihoo360/fg-clip2-base',
        'The geometric mean with the detector’s score',
      )
      .example(
        '$0 rescore dets.json -a val.json -i val2017 -o out.json --base configs/splits/ov-coco-base.json --tau 75',
        'Base and novel categories',
      ),
  handler: async (args) => {
    for (const name of ['alpha', 'beta', 'nms'] as const) {
      const value = args[name];
      if (value !== undefined && !(value >= 0 && value <= 1)) {
        throw new UsageError(`--${name} takes a number from 0 to 1.`);
      }
    }
    if (args.tau !== undefined && !(args.tau > 0)) {
      throw new UsageError('--tau takes a number above 0.');
    }
    if (args.base === undefined && (args.alpha ?? args.beta) !== undefined) {
      throw new UsageError('--alpha and --beta need --base: which categories are base?');
    }
    await run(args);
  },
};

async function run(args: RescoreArguments): Promise<void> {
  const [{ rescore }, { withDownloadBar }, { ProgressBar }] = await Promise.all([
    import('../../detectors/rescore/rescore.js'),
    import('../../src/checkpoints/downloadBar.js'),
    import('../../src/progressBar.js'),
  ]);
  const { results, annotations, images, output, model, device, precision, patches, offline } = args;
  const templates = args.templates && (await templatesOf(args.templates));
  const bar = new ProgressBar('rescore');
  const rescored = await withDownloadBar(model ?? 'the model', (told) =>
    rescore(
      { results, annotations, images, output },
      {
        ...{ model, device, precision, patches, offline, templates, temperature: args.tau },
        ...{ base: args.base, alpha: args.alpha, beta: args.beta, nms: args.nms },
        ...{ ids: args.ids, exif: args.exif, onNote: note },
        onPicture: (done, total) =>
          bar.show(done, total, ({ rate, left }) =>
            [`${done}/${total} pictures`, `${rate.toFixed(1)} a second`, `${left} left`].join(', '),
          ),
        ...told,
      },
    ),
  ).finally(() => bar.stop());
  const { read, written } = rescored;
  note(`${written} of ${read} results, scored again, are in ${output}`);
  if (args.json) printJson({ output, ...rescored });
}

/** Sentences, and those of the lists that are named instead. */
async function templatesOf(given: readonly string[]): Promise<string[]> {
  const { loadTemplates } = await import('../../src/text/templates.js');
  return given.flatMap((text) => (/\{a?\}/.test(text) ? [text] : loadTemplates(text)));
}
