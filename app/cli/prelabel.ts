import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import type { LabelFormatName } from '../../datasets/labels/formatNames.js';
import { labelFormatNames } from '../../datasets/labels/formatNames.js';
import type { Detector } from '../../detectors/detector.js';
import type { Advice } from '../../detectors/featureModel.js';
import type { Ranks } from '../../src/ranks/ranks.js';
import { type ExistingMode, existingModes } from '../prelabel/existingModes.js';
import type { LabelsToFind } from '../prelabel/labelsToFind.js';
import { type Learning, learnings } from '../prelabel/learnings.js';
import type { PrelabelOptions, PrelabelResult, PrelabelRun } from '../prelabel/prelabel.js';
import type { PrelabelReport } from '../prelabel/reportData.js';
import { note, printJson, printLines, tableLines, UsageError } from './common.js';
import { type DetectionArguments, detectionOptions, parseDetection } from './detectionOptions.js';
import { type ExampleArguments, exampleOptions, hasExamples } from './exampleOptions.js';
import { interrupted, stoppable } from './interrupt.js';
import { type ModelArguments, modelOptions, startDetector } from './modelOptions.js';
import { noteAdvice } from './noteAdvice.js';
import { PassedLinks } from './passedLinks.js';
import { type PictureArguments, pictureOptions } from './pictures.js';

interface PrelabelArguments
  extends ModelArguments,
    PictureArguments,
    DetectionArguments,
    ExampleArguments {
  labels?: string;
  label?: string[];
  format: LabelFormatName;
  output: string;
  existing?: ExistingMode;
  learn?: Learning;
  urlPrefix?: string;
  fresh?: boolean;
  json?: boolean;
}

/** Milliseconds that the picture in work has to end. */
const stopWithin = 5000;

/** `fgdet prelabel <images…> --labels <file>` */
export const command: CommandModule<object, PrelabelArguments> = {
  command: 'prelabel <images..>',
  describe: 'Label a folder of pictures, for the tool you label with',
  builder: (yargs) =>
    exampleOptions(detectionOptions(modelOptions(pictureOptions(yargs))))
      .usage('$0 prelabel <images..> --labels <file> --format <format> --output <path>')
      .positional('images', { type: 'string', array: true, describe: 'A folder, files or globs' })
      .option('labels', {
        alias: 'l',
        type: 'string',
        requiresArg: true,
        describe:
          "A text file with a label a line, YOLO's data.yaml, COCO's categories (.json), or Label Studio's " +
          'labelling config (.xml)',
      })
      .option('label', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'A label, "person: a person | pedestrian @ 0.4", or with a file of examples, "wheel: a wheel | examples:wheel.json"; ' +
          'repeat for more',
      })
      .option('format', {
        alias: 'f',
        choices: labelFormatNames,
        default: 'coco' as const,
        describe: 'What label files look like',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe:
          'The label file, or for yolo, voc and labelme the folder of label files. Beside it, in a folder of its name with .prelabel, ' +
          'come the manifest and the report; a run that was stopped goes on there',
      })
      .option('existing', {
        choices: existingModes,
        describe:
          'With labels that are there already: add to them; replace those of earlier runs that nobody touched; ' +
          'skip pictures that have a box; or compare, and change nothing. If absent, add; with --learn, replace',
      })
      .option('learn', {
        choices: learnings,
        describe:
          'Propose the rest anew, from what people have checked and drawn in --output so far: taken as examples, or taught to ' +
          'the model for photographs as names, by the pictures that were gone through',
      })
      .option('url-prefix', {
        type: 'string',
        requiresArg: true,
        describe:
          "What stands before a picture's path in Label Studio's tasks: https://host/photos/",
      })
      .option('fresh', { type: 'boolean', describe: 'Look at all pictures again' })
      .option('json', { type: 'boolean', describe: 'Print the counts as JSON on stdout' })
      .example(
        '$0 prelabel photos --labels labels.txt --format yolo --output labels',
        'A folder for Ultralytics',
      )
      .example(
        '$0 prelabel photos --labels config.xml --format label-studio --output tasks.json',
        "Tasks for Label Studio, with the labels of the project's config",
      )
      .example(
        '$0 prelabel photos --label "person: a person | pedestrian" --label "dog @ 0.6" --output labels.json',
        'COCO; labels from the command line',
      )
      .example(
        '$0 prelabel photos --labels labels.txt --output labels.json --existing compare',
        'What the model would have labelled otherwise',
      )
      .example(
        '$0 prelabel photos --labels labels.txt --output labels.json --learn examples',
        'Again, after some pictures were looked through: more like what was accepted',
      )
      .example(
        '$0 prelabel photos --example "wheel=photos/1.jpg:10,20,80,90" --output labels.json',
        'More like a box of a picture',
      )
      .example(
        'mpirun -n 4 $0 prelabel photos --labels labels.txt --output labels.json',
        'On four processes, each with its share of the pictures',
      ) as never,
  handler: prelabel,
};

async function prelabel(args: PrelabelArguments): Promise<void> {
  const detect = parseDetection(args);
  const { learn } = args;
  if (
    args.labels === undefined &&
    args.label === undefined &&
    !hasExamples(args) &&
    learn === undefined
  ) {
    throw new UsageError(
      'Say what to label: --labels labels.txt, --label "a person", or --example "wheel=photo.jpg:10,20,80,90".',
    );
  }
  if (learn && args.existing === 'compare') {
    throw new UsageError('--learn proposes anew; --existing compare changes nothing.');
  }
  const [
    { pictureFolder },
    { PrelabelRun },
    { prelabelFolder },
    { modelIdentity },
    { shippedModel, shippedName },
    { withRanks },
    { withRunLock },
    { packageVersion },
    { labelsToFind },
    { promptOf },
  ] = await Promise.all([
    import('../prelabel/pictureFolder.js'),
    import('../prelabel/prelabel.js'),
    import('../prelabel/runState.js'),
    import('./modelIdentity.js'),
    import('../../src/modelFamily.js'),
    import('../../src/ranks/mpiRanks.js'),
    import('../../src/files/runLock.js'),
    import('../../src/files/packageRoot.js'),
    import('../prelabel/labelsToFind.js'),
    import('../examples/labelsWithExamples.js'),
  ]);
  const { proposals, ignoreOrientation, recursive, output, format } = args;
  const links = new PassedLinks();
  const pictures = await pictureFolder(args.images ?? [], { recursive, onLink: links.add });
  const wanted = await labelsToFind({
    ...{ file: args.labels, lines: args.label, learn, output, format },
    ...{ images: pictures.images, urlPrefix: args.urlPrefix },
    given: { shown: args.example, unlike: args.negativeExample, files: args.examples },
  });
  await withRanks((ranks) =>
    withRunLock(prelabelFolder(output), ranks, async () => {
      const model =
        learn === 'names' ? await taughtModel(args, pictures.images, wanted, ranks) : args.model;
      if (learn === 'names' && model === undefined) {
        process.exitCode = interrupted;
        return;
      }
      const identity = await modelIdentity(model ?? shippedModel, args);
      const words = wanted.definitions.labels.filter(({ phrasings }) => phrasings.length > 0);
      const prompts = words.map(({ phrasings }) => phrasings.join('|'));
      const detector = await startDetector({ ...args, model }, prompts, args.negative, {
        proposals,
      });
      try {
        const definitions = await wanted.seenBy(detector);
        const advice = await detector.advice(definitions.labels.map(promptOf), args.negative);
        if (ranks.rank === 0) {
          for (const line of links.lines()) note(line);
          noteAdvice(advice);
        }
        const options: PrelabelOptions = {
          ...{ ...pictures, definitions, format, output, version: packageVersion() },
          ...{ fresh: args.fresh, urlPrefix: args.urlPrefix },
          ...{
            existing: args.existing ?? (learn ? 'replace' : 'add'),
            skipReviewed: learn !== undefined,
          },
          model: {
            ...{ name: args.model ?? shippedName, ...identity, proposals },
            ...(wanted.examplesDigest !== undefined && {
              'examples sha256': wanted.examplesDigest,
            }),
          },
          detect: { ...detect, ignoreOrientation },
        };
        const open = (given: PrelabelOptions) => PrelabelRun.open(given);
        await work(options, detector, ranks, open, (result) =>
          tell(result, options, advice, args.json),
        );
      } finally {
        await detector.dispose();
      }
    }),
  );
}

/**
 * The folder of a model that was taught what people have checked, by the first process.
 * @returns undefined when it was stopped.
 */
async function taughtModel(
  { model, output, fresh }: PrelabelArguments,
  images: string,
  { checked, definitions }: LabelsToFind,
  ranks: Ranks,
): Promise<string | undefined> {
  const [{ teachNames }, { prelabelFolder }] = await Promise.all([
    import('../prelabel/teachNames.js'),
    import('../prelabel/runState.js'),
  ]);
  const folder = prelabelFolder(output);
  const teach = (signal: AbortSignal) =>
    teachNames(checked!.pictures, definitions.labels, { model, images, folder, fresh, signal });
  const taught =
    ranks.rank === 0
      ? await stoppable('Stopping. The same command goes on from here.', teach)
      : join(folder, 'names');
  const stopped = (await ranks.largest(taught === undefined ? 1 : 0)) === 1;
  return stopped ? undefined : taught;
}

/** Looks at the pictures on all processes; the first puts together what all have found. */
async function work(
  options: PrelabelOptions,
  detector: Detector,
  ranks: Ranks,
  open: (options: PrelabelOptions) => Promise<PrelabelRun>,
  tell: (result: PrelabelResult) => Promise<void>,
): Promise<void> {
  const { ProgressBar } = await import('../../src/progressBar.js');
  const first = ranks.rank === 0;
  // What is to be found again is deleted once.
  if (first) await (await open(options)).check();
  await ranks.barrier();
  const shard = { index: ranks.rank, count: ranks.size };
  const own = await open({ ...options, fresh: false, ...(ranks.size > 1 && { shard }) });
  const bar = new ProgressBar('prelabel');
  const done = await stoppable(
    'Stopping. The same command goes on from here.',
    (signal) =>
      own
        .look(detector, {
          signal,
          onProblem: (problem) => note(`fgdet: ${problem}`),
          onProgress: (done, total) =>
            first && bar.show(done, total, ({ left }) => `${done}/${total} pictures, ${left} left`),
        })
        .then(
          () => true,
          (error) => {
            if (signal.aborted) return false;
            throw error;
          },
        ),
    stopWithin,
  ).finally(() => bar.stop());
  const stopped = (await ranks.largest(done ? 0 : 1)) === 1;
  if (first && !stopped) {
    const run = ranks.size > 1 ? await open({ ...options, fresh: false }) : own;
    const { threshold, nms } = detector.settings;
    const result = await run.finish({ threshold: options.detect?.threshold ?? threshold, nms });
    await tell(result);
  }
  await ranks.barrier();
  if (stopped) process.exitCode = interrupted;
}

async function tell(
  result: PrelabelResult,
  { output, existing }: PrelabelOptions,
  advice: readonly Advice[],
  json?: boolean,
): Promise<void> {
  const { summarize, writePrelabelReport } = await import('../prelabel/report.js');
  const report = summarize(result);
  const page = await writePrelabelReport(result, report);
  for (const sentence of result.notes) note(sentence);
  if (existing !== 'compare') note(`Labels: ${output}`);
  note(`Report: ${page}`);
  if (json) {
    const { sheet: _, ...counts } = report;
    printJson({
      ...{ output, report: page, ...counts, advice },
      ...(result.notes.length > 0 && { notes: result.notes }),
    });
  } else printLines(countLines(report));
  if (report.failed.count > 0) process.exitCode = 1;
}

function countLines({ labels, compared, ...report }: PrelabelReport): string[] {
  const header = ['label', 'boxes', 'pictures'];
  if (compared) header.push('agree', 'only found', 'only in the file', 'other label');
  const rows = labels.map(({ label, boxes, pictures, comparison }) => {
    const { agreed, onlyFound, onlyExisting, otherLabel } = comparison ?? {};
    const counts = [
      boxes,
      pictures,
      ...(comparison ? [agreed, onlyFound, onlyExisting, otherLabel] : []),
    ];
    return [label, ...counts.map(String)];
  });
  const { pictures, empty, failed, kept } = report;
  return [
    ...tableLines(header, rows),
    `${pictures} pictures: ${empty.count} with nothing found, ${failed.count} that could not be read` +
      (kept > 0 ? `, ${kept} not looked at` : ''),
  ];
}
