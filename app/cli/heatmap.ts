import type { CommandModule } from 'yargs';
import { printJson, printLines, UsageError } from './common.js';
import { type ModelArguments, modelOptions, startDetector } from './modelOptions.js';
import { noteUnwritten } from './noteUnwritten.js';
import {
  forEachPicture,
  type PictureArguments,
  pictureOptions,
  requirePictures,
} from './pictures.js';
import { requireHeatmaps } from './requireHeatmaps.js';

interface HeatmapArguments extends ModelArguments, PictureArguments {
  prompt?: string[];
  output: string;
  json?: boolean;
}

/** `fgdet heatmap <images...> --prompt <text>` */
export const command: CommandModule<object, HeatmapArguments> = {
  command: 'heatmap [images..]',
  describe: 'Show where pictures have what you ask for, patch by patch (FG-CLIP models)',
  builder: (yargs) =>
    modelOptions(pictureOptions(yargs), 'the model that ships, which has no heat maps')
      .usage('$0 heatmap <images..> --prompt <text>')
      .option('prompt', {
        alias: 'p',
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'What to show; repeat for more: a comma does not begin another. One picture is written for each',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        default: '.',
        describe: 'Folder for the pictures',
      })
      .option('json', {
        type: 'boolean',
        describe: 'Print the maps and file names as JSON on stdout',
      })
      .example(
        '$0 heatmap photo.jpg -m qihoo360/fg-clip2-base --prompt "white cat" --output out',
        'Where is the cat?',
      ),
  handler: async (args) => {
    requirePictures(args);
    const prompts = args.prompt ?? [];
    if (prompts.length === 0) {
      throw new UsageError('Say what to show: --prompt "white cat", as often as you like.');
    }
    await heatmaps(args, prompts);
  },
};

interface ImageResult {
  image: string;
  width: number;
  height: number;
  heatmaps: { prompt: string; file: string; rows: number; columns: number; map: number[] }[];
}

async function heatmaps(args: HeatmapArguments, prompts: string[]): Promise<void> {
  const loading = startDetector(args, prompts);
  await requireHeatmaps(await loading);
  const images: ImageResult[] = [];
  const failed = await forEachPicture(args, loading, { keepsImage: true }, async (picture) => {
    const { writeHeatmaps } = await import('./pictureFiles.js');
    const detector = await loading;
    const { name, prepared } = picture;
    const encoded = await detector.encode(prepared, { name });
    const written = await writeHeatmaps(detector, encoded, picture, prompts, args.output);
    const { width, height } = prepared;
    const heatmaps = written.map(({ prompt, file, heatmap }) => {
      const { rows, columns, map } = heatmap;
      return { prompt, file, rows, columns, map: Array.from(map, (p) => Number(p.toFixed(4))) };
    });
    images.push({ image: name, width, height, heatmaps });
  });
  await (await loading).dispose();
  await noteUnwritten(prompts);
  if (args.json) printJson({ prompts, images, failed });
  else printLines(images.flatMap(({ heatmaps }) => heatmaps.map(({ file }) => file)));
}
