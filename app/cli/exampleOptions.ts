import type { Argv } from 'yargs';
import type { Prompt } from '../../detectors/prompts.js';
import type { ExampleDetector } from '../examples/promptsWithExamples.js';

export interface ExampleArguments {
  example?: string[];
  negativeExample?: string[];
  examples?: string[];
}

/** Options of every command that can look for what boxes of pictures show. */
export function exampleOptions<T>(yargs: Argv<T>): Argv<T & ExampleArguments> {
  return yargs
    .option('example', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe:
        'A box that shows what to find: "wheel=photo.jpg:10,20,80,90" (x1,y1,x2,y2 in pixels as shown); repeat for more. ' +
        'With a prompt of the same label, words and examples count together',
    })
    .option('negative-example', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'A box that does not show it, though it looks alike; written as an example',
    })
    .option('examples', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe:
        'A file of examples (from fgdet examples), or a label file or folder of any format: its boxes are examples of ' +
        'their labels. "labels.json,photos" says where the pictures are',
    });
}

/** Whether the arguments have examples. */
export function hasExamples({ example, examples }: ExampleArguments): boolean {
  return (example ?? []).length + (examples ?? []).length > 0;
}

/**
 * Prompts in words, and by the examples that the arguments name.
 * @throws UserError for what is no example, naming the file or words
 */
export async function withExamples(
  args: ExampleArguments,
  words: readonly (string | Prompt)[],
  detector: ExampleDetector,
): Promise<Prompt[]> {
  const { promptsWithExamples, readGiven } = await import('../examples/promptsWithExamples.js');
  const { example: shown, negativeExample: unlike, examples: files } = args;
  return promptsWithExamples(detector, words, await readGiven({ shown, unlike, files }));
}
