import type { CommandModule } from 'yargs';
import { type Progress, ProgressBar } from '../../src/progressBar.js';
import { note, printJson, UsageError } from './common.js';
import { interrupted, stoppable } from './interrupt.js';

interface ScenesArguments {
  count: number;
  output: string;
  split: string;
  size: string;
  objects: string;
  'object-size'?: string;
  attributes: string;
  style?: string[];
  texts: string;
  seed: number;
  workers?: number;
  json?: boolean;
}

/** `fgdet data scenes` */
export const command: CommandModule<object, ScenesArguments> = {
  command: 'scenes',
  describe: 'Draw pictures of everyday things, with boxes, captions and hard negatives',
  builder: (yargs) =>
    yargs
      .option('count', { type: 'number', demandOption: true, describe: 'Number of pictures' })
      .option('output', { type: 'string', demandOption: true, describe: 'Folder for the data set' })
      .option('split', {
        choices: ['train', 'seen', 'unseen'],
        default: 'train',
        describe: 'train, or held out in drawing styles seen or unseen in training',
      })
      .option('size', {
        type: 'string',
        default: '128',
        describe: 'Pixels: side of a square, or WIDTHxHEIGHT',
      })
      .option('objects', {
        type: 'string',
        default: '4-10',
        describe: 'Objects in a picture, at least and at most',
      })
      .option('object-size', {
        type: 'string',
        describe: 'Extent of an object: pixels, or shares of the shorter side if at most 1',
      })
      .option('attributes', {
        type: 'string',
        default: '0-3',
        describe: 'Attributes of an object, at least and at most',
      })
      .option('style', {
        type: 'string',
        array: true,
        describe: 'A drawing style to use instead of the whole split; may be repeated',
      })
      .option('texts', {
        choices: ['full', 'names'],
        default: 'full',
        describe: 'What captions and expressions tell: everything, or only what the things are',
      })
      .option('seed', { type: 'number', default: 1, describe: 'Other seeds give other pictures' })
      .option('workers', {
        type: 'number',
        describe: 'Threads to draw with; by default one per core',
      })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example('$0 data scenes --count 20000 --output data/scenes', 'Training scenes of 128 pixels')
      .example(
        '$0 data scenes --count 20000 --output data/things --attributes 0-0 --texts names',
        'Things as they usually are, by their names alone: to begin a curriculum with',
      )
      .example(
        '$0 data scenes --count 1000 --output data/unseen --split unseen',
        'Scenes in a drawing style that training never shows',
      ),
  handler: async (args) => {
    const { generateScenes } = await import('../../datasets/scenes/generate.js');
    const { count, output, seed, workers } = args;
    if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1)) {
      throw new UsageError('--workers must be a whole number above 0.');
    }
    const size = parseNumbers('size', args.size, 'x', 'as in 128 or 160x120');
    const range = (name: string, text: string) =>
      parseNumbers(name, text, '-', 'as in 4-10 or 0.2-0.5');
    const progress = new ProgressBar('scenes');
    const result = await stoppable('Stopping. The same command goes on from here.', (signal) =>
      generateScenes({
        count,
        output,
        seed,
        split: args.split as 'train' | 'seen' | 'unseen',
        size,
        objects: range('objects', args.objects),
        attributes: range('attributes', args.attributes),
        ...(args.objectSize !== undefined && { objectSize: range('object-size', args.objectSize) }),
        ...(args.style && { styles: args.style }),
        texts: args.texts as 'full' | 'names',
        workers,
        onProgress: (done, total) => progress.show(done, total, describeProgress),
        signal,
      }).catch((error) => {
        if (signal.aborted) return undefined;
        throw error;
      }),
    ).finally(() => progress.stop());
    if (!result) {
      process.exitCode = interrupted;
      return;
    }
    note(describe(result));
    if (args.json) printJson(result);
  },
};

function describeProgress({ done, total, rate, left }: Progress): string {
  return `${done}/${total} pictures, ${rate.toFixed(1)} a second, ${left} left`;
}

function describe(result: { pictures: number; objects: number; folder: string; drawn: number }) {
  const how = result.drawn === 0 ? ' (they were all there)' : '';
  return `${result.pictures} pictures with ${result.objects} objects in ${result.folder}${how}`;
}

/** "4-10" as [4, 10] and "4" as [4, 4]. */
function parseNumbers(name: string, text: string, between: string, example: string) {
  const numbers = text.split(between).map((part) => (part.trim() === '' ? Number.NaN : +part));
  if (numbers.length > 2 || numbers.some((value) => !Number.isFinite(value))) {
    throw new UsageError(`--${name} must be one number or two, ${example}, not "${text}".`);
  }
  return [numbers[0], numbers[numbers.length - 1]] as const;
}
