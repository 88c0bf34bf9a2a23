import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import type { Shard } from '../../datasets/journal.js';
import type { Detector } from '../../detectors/detector.js';
import type { DetectorTask } from '../../eval/detectorTasks.js';
import type { EvaluatedModel } from '../../eval/evaluatedModel.js';
import type { EvaluationConfig } from '../../eval/evaluationConfig.js';
import { shownMeasures } from '../../eval/report.js';
import type { Evaluated, WantedDetector } from '../../eval/runTask.js';
import type { TaskOutcome } from '../../eval/taskOutcome.js';
import type { HubOptions } from '../../src/checkpoints/hub.js';
import { UserError } from '../../src/errors.js';
import { whatIsAt } from '../../src/files/whatIsAt.js';
import {
  type ExifChoice,
  OrientationCounts,
  orientationNote,
} from '../../src/images/orientation.js';
import type { JitOptions } from '../../src/jit/jit.js';
import { familyNames, shippedModel } from '../../src/modelFamily.js';
import { note, printJson, printLines, tableLines, UsageError } from './common.js';
import { exifOption } from './exifOption.js';
import { modelIdentity } from './modelIdentity.js';
import { fittedOption, type ModelArguments, modelOptions, startDetector } from './modelOptions.js';

/** A calibration of fewer boxes moves much with a few of them. */
const fewBoxes = 200;

interface EvaluateArguments extends ModelArguments {
  config: string;
  output?: string;
  shard?: string;
  exif?: ExifChoice;
  fit?: string;
  json?: boolean;
}

/** `fgdet evaluate <config.json>` */
export const command: CommandModule<object, EvaluateArguments> = {
  command: 'evaluate <config>',
  describe: 'Measure a model as a config file says: detection, boxes, hard negatives, retrieval',
  builder: (yargs) =>
    modelOptions(yargs, "the config's, else the model that ships")
      .positional('config', {
        type: 'string',
        demandOption: true,
        describe: 'The evaluation config, a JSON file',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe:
          "A folder for the report and the results files; a run that was stopped goes on there. If absent, the config's",
      })
      .option('shard', {
        type: 'string',
        requiresArg: true,
        describe: 'Look at one share of the pictures only, such as 1/4; needs --output',
      })
      .option('exif', {
        ...exifOption,
        describe: `${exifOption.describe}. If absent, the config's`,
      })
      .option('fitted', fittedOption)
      .option('fit', {
        type: 'string',
        requiresArg: true,
        describe:
          'A file for the threshold and calibration that the config\'s task "scores" found; --fitted takes it',
      })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example('$0 evaluate configs/evaluation/photos.json', 'Measure the model that ships')
      .example(
        '$0 evaluate configs/evaluation/photos.json --output runs/report',
        'With tables, plots, pictures and results files in a folder',
      )
      .example(
        '$0 evaluate mine.json --fit mine.fit.json',
        'Then: fgdet detect … --fitted mine.fit.json',
      )
      .example(
        'mpirun -n 4 $0 evaluate coco.json --output runs/coco',
        'On four processes, each with its share of the pictures',
      )
      .example(
        '$0 evaluate coco.json --output runs/coco --shard 2/4',
        'Second of four processes; run it without --shard at the end',
      ),
  handler: run,
};

async function run(args: EvaluateArguments): Promise<void> {
  const [{ readEvaluationConfig }, { evaluate }, { taskToFit, writeFit }, { ProgressBar }] =
    await Promise.all([
      import('../../eval/evaluationConfig.js'),
      import('../../eval/evaluate.js'),
      import('../../eval/fitFile.js'),
      import('../../src/progressBar.js'),
    ]);
  const config = withExif(readEvaluationConfig(args.config), args.exif);
  const model = args.model ?? config.model ?? shippedModel;
  const output = args.output ?? config.output;
  const fitted = args.fit === undefined ? undefined : taskToFit(config, args.config);
  if (args.fit === '' || (args.fit !== undefined && whatIsAt(args.fit) === 'folder')) {
    throw new UsageError(`--fit takes the name of a file, not ${JSON.stringify(args.fit)}.`);
  }
  if (args.fit !== undefined && args.fitted !== undefined) {
    throw new UsageError('--fit measures scores as the model gives them: leave out --fitted.');
  }
  const shard = args.shard === undefined ? undefined : parseShard(args.shard);
  if (shard && output === undefined) throw new UsageError('--shard needs --output.');
  const { withRanks } = await import('../../src/ranks/mpiRanks.js');
  await withRanks(async (ranks) => {
    if (ranks.size > 1 && (output === undefined || shard)) {
      throw new UsageError('Under mpirun, evaluate needs --output and takes no --shard.');
    }
    const models = new LoadedModels(model, args, config.imageSize);
    const bars = new Map<string, InstanceType<typeof ProgressBar>>();
    const identity = { ...(await modelIdentity(model, args)), imageSize: config.imageSize };
    const orientations = new OrientationCounts();
    const look = (share: Shard | undefined) =>
      evaluate(
        models,
        config,
        { model, identity },
        {
          ...{ output, shard: share, orientations },
          onProgress: (task, done, total) => {
            if (ranks.rank > 0) return;
            const bar = bars.get(task) ?? new ProgressBar(task);
            bars.set(task, bar);
            bar.show(done, total, ({ left }) => `${done}/${total} pictures, ${left} left`);
          },
          onEnd: (task) => bars.get(task)?.stop(),
        },
      );
    try {
      if (ranks.size > 1) {
        await look({ index: ranks.rank, count: ranks.size });
        await ranks.barrier();
      }
      // What all have found is put together by the first.
      if (ranks.rank === 0) {
        const { outcomes, pending } = await look(shard);
        const { shown, stored } = orientations;
        const turned = orientationNote(shown.size, stored.size);
        if (turned) note(turned);
        show(outcomes, config, { model, json: args.json });
        if (fitted !== undefined && outcomes[fitted]) {
          const task = config.tasks[fitted] as Extract<DetectorTask, { task: 'scores' }>;
          const { detectorOf } = await import('../../eval/runTask.js');
          const { boxes } = await detectorOf(models, task);
          const sha256 = identity['model sha256'];
          const { annotations, temperature } = task;
          const withExamples = (task.examples?.count ?? 0) > 0;
          const of = {
            model,
            sha256,
            boxes: String(boxes),
            temperature,
            annotations,
            withExamples,
          };
          const { threshold, measured } = await writeFit(args.fit!, fitted, outcomes[fitted], of);
          const prompts = withExamples ? 'prompts with examples' : 'prompts in words';
          note(
            `${args.fit}: threshold ${threshold}, for ${prompts} and boxes of ${boxes}; --fitted takes it`,
          );
          if (Number(measured?.boxes) < fewBoxes) {
            note(
              `That is from ${measured?.boxes} boxes, which are few: more pictures make it surer.`,
            );
          }
        }
        if (pending.length > 0) {
          note(
            `To be ended by the other processes, or by one without --shard: ${pending.join(', ')}.`,
          );
        } else if (output !== undefined) note(`The report: ${join(output, 'report.md')}`);
      }
      await ranks.barrier();
    } finally {
      for (const bar of bars.values()) bar.stop();
      await models.dispose();
    }
  });
}

/** The config with another choice for all its tasks. */
function withExif(config: EvaluationConfig, exif: ExifChoice | undefined): EvaluationConfig {
  if (exif === undefined) return config;
  const tasks = Object.entries(config.tasks).map(([name, task]) => [name, { ...task, exif }]);
  return { ...config, tasks: Object.fromEntries(tasks) };
}

function parseShard(text: string): Shard {
  const [, number, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= count) return { index: number - 1, count };
  throw new UsageError(`--shard must be such as 1/4, the first of four, not ${text}.`);
}

function show(
  outcomes: Readonly<Record<string, TaskOutcome>>,
  { tasks }: EvaluationConfig,
  { model, json }: { model: string; json?: boolean },
): void {
  if (json) {
    const results = Object.entries(outcomes).map(([task, { measures }]) => [task, measures]);
    printJson({ model, results: Object.fromEntries(results) });
    return;
  }
  const compared = Object.values(tasks).some(({ published }) => published);
  const rows = Object.entries(outcomes).flatMap(([task, outcome]) =>
    shownMeasures(tasks[task], outcome).map(({ measure, value, published, difference }) => [
      ...[task, measure, value],
      ...(compared ? [published, difference] : []),
    ]),
  );
  const header = ['task', 'measure', 'value', ...(compared ? ['published', 'difference'] : [])];
  printLines(tableLines(header, rows));
}

/** The models that tasks ask for, each loaded once. */
class LoadedModels implements Evaluated {
  readonly #name: string;
  readonly #args: ModelArguments;
  readonly #imageSize: number | undefined;
  readonly #detectors = new Map<string, Promise<Detector>>();
  #features?: ReturnType<Evaluated['features']>;
  readonly #loaded: { dispose(): Promise<void> }[] = [];

  /** @param imageSize side of the square that pictures are squashed to, if not the model's own. */
  constructor(name: string, args: ModelArguments, imageSize: number | undefined) {
    this.#name = name;
    this.#args = args;
    this.#imageSize = imageSize;
  }

  async family() {
    const [{ resolveModelFolder }, { familyOf }] = await Promise.all([
      import('../../src/checkpoints/resolveFolder.js'),
      import('../../src/modelFamily.js'),
    ]);
    return familyOf(await resolveModelFolder(this.#name, { offline: this.#args.offline }));
  }

  features(): ReturnType<Evaluated['features']> {
    this.#features ??= this.#loadFeatures();
    return this.#features;
  }

  detector(wanted: WantedDetector = {}): Promise<Detector> {
    const key = JSON.stringify(wanted);
    const known = this.#detectors.get(key);
    if (known) return known;
    const loading = startDetector({ ...this.#args, model: this.#name }, [], [], wanted);
    this.#detectors.set(key, loading);
    return loading.then((detector) => {
      this.#loaded.push(detector);
      return detector;
    });
  }

  async dispose(): Promise<void> {
    for (const model of this.#loaded) await model.dispose();
  }

  async #loadFeatures(): Promise<EvaluatedModel> {
    return (await this.family()) === 'fgclip2' ? this.#loadFgClip2() : this.#loadFgClip();
  }

  async #loadFgClip(): Promise<EvaluatedModel> {
    const { loadFgClip } = await import('../../src/fgclip/model.js');
    const { readPreprocessing } = await import('../../src/images/preprocessorConfig.js');
    const { fgclipFeatures } = await import('../../eval/fgclipFeatures.js');
    const model = await this.#load(loadFgClip);
    const { imageSize, patchSize } = model.config.vision;
    const side = this.#imageSize ?? imageSize;
    if (side % patchSize !== 0) {
      throw new UserError(
        `The evaluation's imageSize is ${side}, which is not a multiple of the model's patches of ${patchSize} pixels.`,
      );
    }
    if (this.#args.patches !== undefined) {
      throw new UserError(`${this.#name} holds ${familyNames.fgclip}, which takes no --patches.`);
    }
    const preprocessing = { ...readPreprocessing(model.folder), width: side, height: side };
    return fgclipFeatures(model, preprocessing);
  }

  async #loadFgClip2(): Promise<EvaluatedModel> {
    const { loadFgClip2 } = await import('../../src/fgclip2/model.js');
    const { fgclip2Features } = await import('../../eval/fgclip2Features.js');
    if (this.#imageSize !== undefined) {
      throw new UserError(
        `The evaluation's imageSize is for FG-CLIP; ${this.#name} holds ${familyNames.fgclip2}: --patches says how closely it looks.`,
      );
    }
    return fgclip2Features(await this.#load(loadFgClip2), this.#args.patches);
  }

  async #load<T extends { dispose(): Promise<void> }>(
    load: (
      name: string,
      options: HubOptions & Pick<JitOptions, 'device' | 'precision'>,
    ) => Promise<T>,
  ): Promise<T> {
    const { withDownloadBar } = await import('../../src/checkpoints/downloadBar.js');
    const { device, precision, offline } = this.#args;
    const model = await withDownloadBar(this.#name, (told) =>
      load(this.#name, { device, precision, offline, ...told }),
    );
    this.#loaded.push(model);
    return model;
  }
}
