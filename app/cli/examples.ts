import type { CommandModule } from 'yargs';
import { note, printJson, UsageError } from './common.js';
import {
  type ExampleArguments,
  exampleOptions,
  hasExamples,
  withExamples,
} from './exampleOptions.js';
import { type ModelArguments, modelOptions, startDetector } from './modelOptions.js';

interface ExamplesArguments extends ModelArguments, ExampleArguments {
  label?: string;
  output: string;
  json?: boolean;
}

/** `fgdet examples` */
export const command: CommandModule<object, ExamplesArguments> = {
  command: 'examples',
  describe: 'Make a label of boxes that show it, to keep and to send: find more like these',
  builder: (yargs) =>
    exampleOptions(modelOptions(yargs))
      .usage('$0 examples --example "wheel=photo.jpg:10,20,80,90" --output wheel.json')
      .option('label', {
        type: 'string',
        requiresArg: true,
        describe: 'Which label to write, where the examples are of several',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'The file to write. Only the same model understands it, which it says',
      })
      .option('json', { type: 'boolean', describe: 'Print what was written as JSON on stdout' })
      .example(
        '$0 examples --example "wheel=photo.jpg:10,20,80,90" -o wheel.json',
        'Then: fgdet detect photos -r --examples wheel.json',
      )
      .example(
        '$0 examples --examples labels.json,photos --label wheel -o wheel.json',
        'From the boxes of a label file',
      ) as never,
  handler: async (args) => {
    if (!hasExamples(args)) {
      throw new UsageError('Say what shows it: --example "wheel=photo.jpg:10,20,80,90".');
    }
    const detector = await startDetector(args, []);
    try {
      const prompts = await withExamples(args, [], detector);
      const prompt = args.label
        ? prompts.find(({ label }) => label === args.label)
        : prompts.length === 1
          ? prompts[0]
          : undefined;
      if (!prompt) {
        const labels = prompts.map(({ label }) => label).join(', ');
        throw new UsageError(`The examples are of ${labels}: say which --label to write.`);
      }
      const { writeExamples } = await import('../../detectors/examplesFile.js');
      await writeExamples(args.output, prompt);
      const { shown, unlike, model } = prompt.examples!;
      const { label } = prompt;
      note(`${args.output}: "${label}"; examples: ${shown.count}, negative ones: ${unlike.count}`);
      if (args.json) {
        const counts = { examples: shown.count, negativeExamples: unlike.count };
        printJson({ label, ...counts, 'weights sha256': model, output: args.output });
      }
    } finally {
      await detector.dispose();
    }
  },
};
