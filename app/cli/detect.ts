import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import type { Detection, DetectOptions, Detector } from '../../detectors/detector.js';
import type { Advice } from '../../detectors/featureModel.js';
import type { Prompt } from '../../detectors/prompts.js';
import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';
import { readText } from '../../src/files/textFile.js';
import { shippedName } from '../../src/modelFamily.js';
import type { Ranks } from '../../src/ranks/ranks.js';
import { note, printJson, printLines, tableLines, UsageError } from './common.js';
import { type DetectionArguments, detectionOptions, parseDetection } from './detectionOptions.js';
import {
  type ExampleArguments,
  exampleOptions,
  hasExamples,
  withExamples,
} from './exampleOptions.js';
import { type ModelArguments, modelOptions, startDetector } from './modelOptions.js';
import { noteAdvice } from './noteAdvice.js';
import { noteUnwritten } from './noteUnwritten.js';
import {
  dash,
  type Failure,
  forEachPicture,
  type PictureArguments,
  pictureOptions,
  requirePictures,
} from './pictures.js';
import { requireHeatmaps } from './requireHeatmaps.js';

interface DetectArguments
  extends ModelArguments,
    PictureArguments,
    DetectionArguments,
    ExampleArguments {
  prompt?: string[];
  promptFile?: string[];
  thresholds?: string[];
  output?: string;
  heatmap?: boolean;
  json?: boolean;
}

/** `fgdet detect <images...> --prompt <text>` */
export const command: CommandModule<object, DetectArguments> = {
  command: 'detect [images..]',
  describe: 'Find what you ask for in pictures and box it',
  builder: (yargs) =>
    exampleOptions(detectionOptions(modelOptions(pictureOptions(yargs))))
      .usage('$0 detect <images..> --prompt <text>')
      .option('prompt', {
        alias: 'p',
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'What to find; repeat for more: a comma does not begin another. "sofa|couch" is one label in two phrasings',
      })
      .option('prompt-file', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Text file with one prompt a line',
      })
      .option('thresholds', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Least score of single prompts: "a dog=0.6"',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe: 'Folder for annotated pictures and detections.json',
      })
      .option('heatmap', { type: 'boolean', describe: 'Also write a heat map for each prompt' })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example('$0 detect photo.jpg -p "a red fire engine" -p "a dog" -o out', 'Two prompts')
      .example('$0 detect photos -p "sofa|couch" -n armchair --json', 'A folder; no armchairs')
      .example('$0 detect map.jpg -p "a boat" --tiles auto', 'Small things in a large picture')
      .example('$0 detect val2017 -p dog --proposals file:dets.json', "Another detector's boxes")
      .example(
        'mpirun -n 4 $0 detect photos -p dog -o out',
        'On four processes, each with its share of the pictures',
      )
      .example(
        '$0 detect photos -r --example "wheel=photos/1.jpg:10,20,80,90" -o out',
        'More like what a box shows',
      )
      .example('$0 detect "shots/*.png" --prompt-file labels.txt', 'A glob; prompts from a file'),
  handler: async (args) => {
    const options = { ...parseDetection(args), thresholds: parseThresholds(args.thresholds) };
    if (args.heatmap && !args.output) throw new UsageError('--heatmap needs --output.');
    requirePictures(args);
    const prompts = [...(args.prompt ?? []), ...(await readPrompts(args.promptFile ?? []))];
    if (prompts.length === 0 && !hasExamples(args)) {
      throw new UsageError(
        'Say what to find: --prompt "a red car", as often as you like, or --example "wheel=photo.jpg:10,20,80,90".',
      );
    }
    await detect(args, prompts, options);
  },
};

interface ImageResult {
  image: string;
  width: number;
  height: number;
  detections: Detection[];
  /** What was written about it, in the output folder. */
  files: string[];
}

interface DetectResult {
  model: string;
  prompts: string[];
  negatives: string[];
  /** How many examples show each label that has some. */
  examples: Record<string, number>;
  threshold: number;
  /** What should be known of prompts that the model knows too little about. */
  advice: Advice[];
  images: ImageResult[];
  failed: Failure[];
}

/** Looks at the pictures, on as many processes as mpirun started. */
async function detect(
  args: DetectArguments,
  prompts: string[],
  options: DetectOptions,
): Promise<void> {
  const { withRanks } = await import('../../src/ranks/mpiRanks.js');
  await withRanks(async (ranks) => {
    if (ranks.size > 1 && args.images?.includes(dash)) {
      throw new UsageError('Several processes have no standard input in common: name files.');
    }
    const loading = startDetector(args, prompts, args.negative, {
      proposals: args.proposals,
    });
    if (args.heatmap) await requireHeatmaps(await loading);
    const asked = await askedFor(args, prompts, loading);
    const own = await lookAtShare(args, { prompts, asked, options }, loading, ranks);
    const { gatherValues } = await import('../../src/ranks/gather.js');
    const all = await gatherValues(ranks, own);
    const detector = await loading;
    if (ranks.rank === 0) {
      const images = all.flatMap((one) => one.images).sort((a, b) => a[0] - b[0]);
      const advice = await detector.advice(asked, args.negative);
      noteAdvice(advice);
      await show(
        {
          model: args.model ?? shippedName,
          prompts,
          negatives: args.negative ?? [],
          examples: countsOf(asked),
          threshold: args.threshold ?? detector.settings.threshold,
          advice,
          images: images.map(([, image]) => image),
          failed: all.flatMap((one) => one.failed),
        },
        labelsOf(asked),
        args,
      );
    }
    await detector.dispose();
    // mpirun takes any process that ends so for one that broke down.
    process.exitCode = ranks.rank === 0 && all.some(({ failed }) => failed.length > 0) ? 1 : 0;
  });
}

/** All prompts, in words and by examples. */
async function askedFor(
  args: DetectArguments,
  words: string[],
  loading: Promise<Detector>,
): Promise<Prompt[]> {
  if (hasExamples(args)) return withExamples(args, words, await loading);
  const { parsePrompts } = await import('../../detectors/prompts.js');
  return parsePrompts(words);
}

function countsOf(prompts: readonly Prompt[]): Record<string, number> {
  return Object.fromEntries(
    prompts.flatMap(({ label, examples }) => (examples ? [[label, examples.shown.count]] : [])),
  );
}

/** What a process found in its share of the pictures, which are numbered over all processes. */
interface Share {
  images: [index: number, result: ImageResult][];
  failed: Failure[];
}

async function lookAtShare(
  args: DetectArguments,
  { prompts, asked, options }: { prompts: string[]; asked: Prompt[]; options: DetectOptions },
  loading: Promise<Detector>,
  { rank, size }: Ranks,
): Promise<Share> {
  const { output } = args;
  const images: Share['images'] = [];
  const writer = output === undefined ? undefined : await annotatedWriter(labelsOf(asked), output);
  const reading = {
    tiles: options.tiles,
    keepsImage: writer !== undefined,
    share: { index: rank, count: size },
  };
  const failed = await forEachPicture(args, loading, reading, async (picture) => {
    const { index, name, prepared } = picture;
    const detector = await loading;
    const encoded = await detector.encode(prepared, { name });
    const found = await detector.detect(encoded, asked, options);
    const detections = found.map(readable);
    const files: string[] = [];
    if (output && args.heatmap) {
      const { writeHeatmaps } = await import('./pictureFiles.js');
      const written = await writeHeatmaps(detector, encoded, picture, prompts, output);
      files.push(...written.map(({ file }) => file));
    }
    if (writer) files.unshift(await writer.write(picture, detections));
    const { width, height } = prepared;
    images.push([index, { image: name, width, height, detections, files }]);
  }).finally(() => writer?.end());
  return { images, failed };
}

async function show(
  result: DetectResult,
  labels: readonly string[],
  { output, json }: DetectArguments,
): Promise<void> {
  if (output) {
    const { writeTextAtomically } = await import('../../src/files/atomicFile.js');
    await writeTextAtomically(join(output, 'detections.json'), `${JSON.stringify(result)}\n`);
    note(`Written to ${output}`);
    await noteUnwritten(labels);
  }
  if (json) printJson(result);
  else printLines(table(result.images));
}

const labelsOf = (prompts: readonly Prompt[]) => prompts.map(({ label }) => label);

async function annotatedWriter(labels: readonly string[], folder: string) {
  const { AnnotatedWriter } = await import('./annotatedWriter.js');
  return new AnnotatedWriter(labels, folder);
}

/** Scores and pixels to the digits that mean something. */
function readable({ label, score, box }: Detection): Detection {
  const { xmin, ymin, xmax, ymax } = box;
  const pixel = (value: number) => Number(value.toFixed(1));
  return {
    label,
    score: Number(score.toFixed(4)),
    box: { xmin: pixel(xmin), ymin: pixel(ymin), xmax: pixel(xmax), ymax: pixel(ymax) },
  };
}

function table(images: readonly ImageResult[]): string[] {
  const rows = images.flatMap(({ image, detections }) =>
    detections.length === 0
      ? [[image, '(nothing found)', '', '', '', '', '']]
      : detections.map(({ label, score, box }) => [
          image,
          label,
          score.toFixed(2),
          ...[box.xmin, box.ymin, box.xmax, box.ymax].map((value) => value.toFixed(0)),
        ]),
  );
  if (rows.length === 0) return [];
  return tableLines(['image', 'label', 'score', 'xmin', 'ymin', 'xmax', 'ymax'], rows);
}

/** "a dog=0.6" for each label. */
function parseThresholds(texts: readonly string[] = []): Record<string, number> | undefined {
  if (texts.length === 0) return undefined;
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.lastIndexOf('=');
      const value = decimalNumber(text.slice(at + 1));
      if (at < 1 || Number.isNaN(value)) {
        throw new UsageError(`--thresholds takes "prompt=number", not "${text}".`);
      }
      return [text.slice(0, at).trim(), value];
    }),
  );
}

async function readPrompts(files: readonly string[]): Promise<string[]> {
  if (files.length === 0) return [];
  const { promptLines } = await import('../../detectors/prompts.js');
  const prompts: string[] = [];
  for (const file of files) {
    const lines = promptLines(await readText(file));
    if (lines.length === 0) throw new UserError(`${file} has no prompts; write one a line.`);
    prompts.push(...lines);
  }
  return prompts;
}
