import type { LabelDefinition } from '../prelabel/labelDefinitions.js';
import {
  type ExampleDetector,
  type GivenExamples,
  promptsWithExamples,
  type ReadExamples,
} from './promptsWithExamples.js';

/**
 * Labels with what a model sees in examples of them. Examples of a label that is not there make it one, at the end; a
 * label with neither words nor examples is left out.
 * @throws UserError as `promptsWithExamples`
 */
export async function labelsWithExamples(
  detector: ExampleDetector,
  labels: readonly LabelDefinition[],
  read: ReadExamples,
): Promise<LabelDefinition[]> {
  const words = labels.filter(({ phrasings }) => phrasings.length > 0);
  const prompts = await promptsWithExamples(detector, words.map(promptOf), read);
  const byName = new Map(prompts.map((prompt) => [prompt.label, prompt]));
  const known = labels.flatMap((label): LabelDefinition[] => {
    const prompt = byName.get(label.name);
    if (!prompt) return [];
    const { phrasings, examples } = prompt;
    byName.delete(label.name);
    return [{ ...label, phrasings, ...(examples && { examples }) }];
  });
  const added = [...byName.values()].map(
    ({ label, ...prompt }): LabelDefinition => ({ name: label, ...prompt }),
  );
  return [...known, ...added];
}

/** The files of examples that labels name, for `readGiven`. */
export function filesOfLabels(
  labels: readonly LabelDefinition[],
): NonNullable<GivenExamples['ofLabels']> {
  return labels.flatMap(({ name, exampleFiles = [] }) =>
    exampleFiles.map((file) => ({ label: name, file })),
  );
}

/** What a detector is asked for a label. */
export function promptOf({ name, phrasings, examples }: LabelDefinition) {
  return { label: name, phrasings, ...(examples && { examples }) };
}
