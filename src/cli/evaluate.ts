import type { CommandModule } from 'yargs';
import type { Detector } from '../../detectors/detector.js';
import type { Evaluated, TaskResult } from '../../eval/runTask.js';
import { UserError } from '../errors.js';
import { printJson, printLines, tableLines, UsageError } from './common.js';
import { type ModelArguments, modelOptions, startDetector } from './modelOptions.js';

interface EvaluateArguments extends ModelArguments {
  config: string;
  json?: boolean;
}

/** `fgdet evaluate <config.json>` */
export const command: CommandModule<object, EvaluateArguments> = {
  command: 'evaluate <config>',
  describe: 'Measure a model as a config file says: detection, boxes, hard negatives, retrieval',
  builder: (yargs) =>
    modelOptions(yargs, "the config's")
      .positional('config', {
        type: 'string',
        demandOption: true,
        describe: 'The evaluation config, a JSON file',
      })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example('$0 evaluate configs/evaluation/scenes.json', 'Measure the model that ships')
      .example(
        '$0 evaluate configs/evaluation/scenes.json --model runs/mine',
        'Measure the newest checkpoint of a training run',
      ),
  handler: evaluate,
};

async function evaluate(args: EvaluateArguments): Promise<void> {
  const [{ readEvaluationConfig }, { absoluteMeasures, runTask }, { ProgressBar }] =
    await Promise.all([
      import('../../eval/evaluationConfig.js'),
      import('../../eval/runTask.js'),
      import('../progressBar.js'),
    ]);
  const config = readEvaluationConfig(args.config);
  const asked = args.model ?? config.model;
  if (!asked) throw new UsageError(`${args.config} names no model: give --model.`);
  const models = new LoadedModels(asked, args, config.imageSize);
  try {
    const results: Record<string, TaskResult> = {};
    for (const [name, task] of Object.entries(config.tasks)) {
      const bar = new ProgressBar(name);
      const onProgress = (done: number, total: number) =>
        bar.show(done, total, ({ left }) => `${done}/${total} pictures, ${left} left`);
      results[name] = await runTask(models, task, onProgress).finally(() => bar.stop());
    }
    if (args.json) printJson({ model: asked, results });
    else {
      const rows = Object.entries(results).flatMap((result) => tableRows(result, absoluteMeasures));
      printLines(tableLines(['task', 'measure', 'value'], rows));
    }
  } finally {
    await models.dispose();
  }
}

/** The models that tasks ask for, each loaded once. */
class LoadedModels implements Evaluated {
  readonly #name: string;
  readonly #args: ModelArguments;
  readonly #imageSize: number | undefined;
  readonly #detectors = new Map<string | undefined, Promise<Detector>>();
  #features?: ReturnType<Evaluated['features']>;
  readonly #loaded: { dispose(): Promise<void> }[] = [];

  /** @param imageSize side of the square that pictures are squashed to, if not the model's own. */
  constructor(name: string, args: ModelArguments, imageSize: number | undefined) {
    this.#name = name;
    this.#args = args;
    this.#imageSize = imageSize;
  }

  features(): ReturnType<Evaluated['features']> {
    this.#features ??= this.#loadFeatures();
    return this.#features;
  }

  detector(proposals?: string): Promise<Detector> {
    const known = this.#detectors.get(proposals);
    if (known) return known;
    const loading = startDetector({ ...this.#args, model: this.#name }, [], [], proposals);
    this.#detectors.set(proposals, loading);
    return loading.then((detector) => {
      this.#loaded.push(detector);
      return detector;
    });
  }

  async dispose(): Promise<void> {
    for (const model of this.#loaded) await model.dispose();
  }

  async #loadFeatures() {
    const [{ loadFgClip }, { readPreprocessing }, { withDownloadBar }] = await Promise.all([
      import('../fgclip/model.js'),
      import('../images/preprocessorConfig.js'),
      import('../checkpoints/downloadBar.js'),
    ]);
    const { device, precision, offline } = this.#args;
    const model = await withDownloadBar(this.#name, (told) =>
      loadFgClip(this.#name, { device, precision, offline, ...told }),
    );
    this.#loaded.push(model);
    const { imageSize, patchSize } = model.config.vision;
    const side = this.#imageSize ?? imageSize;
    if (side % patchSize !== 0) {
      throw new UserError(
        `The evaluation's imageSize is ${side}, which is not a multiple of the model's patches of ${patchSize} pixels.`,
      );
    }
    return {
      model,
      preprocessing: { ...readPreprocessing(model.folder), width: side, height: side },
    };
  }
}

/** @param absolute names of the measures that are no shares; shares are shown in percent. */
function tableRows(
  [task, result]: [string, TaskResult],
  absolute: ReadonlySet<string>,
): string[][] {
  const shown = (measure: string, value: number) => {
    if (measure === 'count') return String(value);
    return absolute.has(measure) ? value.toFixed(3) : (100 * value).toFixed(1);
  };
  return Object.entries(result).map(([measure, value]) => [task, measure, shown(measure, value)]);
}
