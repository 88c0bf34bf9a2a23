import type { CommandModule } from 'yargs';
import { note, printJson, printLines, tableLines, UsageError } from './common.js';

interface EvaluateArguments {
  config: string;
  model?: string;
  json?: boolean;
}

/** `fgdet evaluate <config.json>` */
export const command: CommandModule<object, EvaluateArguments> = {
  command: 'evaluate <config>',
  describe: 'Measure a model as a config file says: boxes, hard negatives, retrieval',
  builder: (yargs) =>
    yargs
      .positional('config', {
        type: 'string',
        demandOption: true,
        describe: 'The evaluation config, a JSON file',
      })
      .option('model', {
        type: 'string',
        describe: "Model folder or Hugging Face name; instead of the config's",
      })
      .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
      .example('$0 evaluate configs/evaluation/scenes.json', 'Measure the model that ships')
      .example(
        '$0 evaluate configs/evaluation/scenes.json --model runs/mine',
        'Measure the newest checkpoint of a training run',
      ),
  handler: async ({ config: file, model: folder, json }) => {
    const [{ readEvaluationConfig }, { runTask }, { loadFgClip }, { latestCheckpoint }] =
      await Promise.all([
        import('../../eval/evaluationConfig.js'),
        import('../../eval/runTask.js'),
        import('../fgclip/model.js'),
        import('../training/checkpoints.js'),
      ]);
    const config = readEvaluationConfig(file);
    const asked = folder ?? config.model;
    if (!asked) throw new UsageError(`${file} names no model: give --model.`);
    const model = await loadFgClip(latestCheckpoint(asked) ?? asked);
    const results: Record<string, Record<string, number>> = {};
    for (const [name, task] of Object.entries(config.tasks)) {
      const started = performance.now();
      results[name] = await runTask(model, task, config.imageSize ?? model.config.vision.imageSize);
      note(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
    }
    await model.dispose();
    if (json) printJson({ model: model.folder, results });
    else
      printLines(tableLines(['task', 'measure', 'value'], Object.entries(results).flatMap(rows)));
  },
};

function rows([task, result]: [string, Record<string, number>]): string[][] {
  return Object.entries(result).map(([measure, value]) => [
    task,
    measure,
    measure === 'count' ? String(value) : (100 * value).toFixed(1),
  ]);
}
