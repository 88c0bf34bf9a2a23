import type { CommandModule } from 'yargs';
import type { TaskResult } from '../../eval/runTask.js';
import { UserError } from '../errors.js';
import { printJson, printLines, tableLines, UsageError } from './common.js';
import { type ModelArguments, modelOptions } from './modelOptions.js';

interface EvaluateArguments extends ModelArguments {
  config: string;
  json?: boolean;
}

/** `fgdet evaluate <config.json>` */
export const command: CommandModule<object, EvaluateArguments> = {
  command: 'evaluate <config>',
  describe: 'Measure a model as a config file says: boxes, hard negatives, retrieval',
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
  const [
    { readEvaluationConfig },
    { runTask },
    { loadFgClip },
    { readPreprocessing },
    { withDownloadBar },
    { ProgressBar },
  ] = await Promise.all([
    import('../../eval/evaluationConfig.js'),
    import('../../eval/runTask.js'),
    import('../fgclip/model.js'),
    import('../images/preprocessorConfig.js'),
    import('../checkpoints/downloadBar.js'),
    import('../progressBar.js'),
  ]);
  const config = readEvaluationConfig(args.config);
  const asked = args.model ?? config.model;
  if (!asked) throw new UsageError(`${args.config} names no model: give --model.`);
  const { device, precision, offline } = args;
  const model = await withDownloadBar(asked, (told) =>
    loadFgClip(asked, { device, precision, offline, ...told }),
  );
  try {
    const { imageSize, patchSize } = model.config.vision;
    const side = config.imageSize ?? imageSize;
    if (side % patchSize !== 0) {
      throw new UserError(
        `${args.config}: imageSize is ${side}, which is not a multiple of the model's patches of ${patchSize} pixels.`,
      );
    }
    const preprocessing = { ...readPreprocessing(model.folder), width: side, height: side };
    const results: Record<string, TaskResult> = {};
    for (const [name, task] of Object.entries(config.tasks)) {
      const bar = new ProgressBar(name);
      const onProgress = (done: number, total: number) =>
        bar.show(done, total, ({ left }) => `${done}/${total} pictures, ${left} left`);
      results[name] = await runTask(model, task, { preprocessing, onProgress }).finally(() =>
        bar.stop(),
      );
    }
    if (args.json) printJson({ model: model.folder, results });
    else {
      const rows = Object.entries(results).flatMap(tableRows);
      printLines(tableLines(['task', 'measure', 'value'], rows));
    }
  } finally {
    await model.dispose();
  }
}

function tableRows([task, result]: [string, TaskResult]): string[][] {
  return Object.entries(result).map(([measure, value]) => [
    task,
    measure,
    measure === 'count' ? String(value) : (100 * value).toFixed(1),
  ]);
}
