import { createHash } from 'node:crypto';
import type { Detector, ExampleBoxes } from '../../detectors/detector.js';
import type { EncodedImage } from '../../detectors/encodedImage.js';
import { type Examples, joinedExamples } from '../../detectors/examples.js';
import { isExamplesFile, readExamples, savedExamples } from '../../detectors/examplesFile.js';
import { type Prompt, parsePrompts } from '../../detectors/prompts.js';
import { UserError } from '../../src/errors.js';
import { groupBy } from '../../src/groupBy.js';
import { type ExampleBox, parseExampleBox } from './exampleBox.js';
import { labelledExamples } from './labelledExamples.js';

/** What looks at examples: a detector, or what stands for one. */
export interface ExampleDetector {
  encode(path: string): Promise<EncodedImage>;
  examplesIn(picture: EncodedImage, boxes: ExampleBoxes): ReturnType<Detector['examplesIn']>;
}

/** Examples as a command is given them. */
export interface GivenExamples {
  /** "wheel=photo.jpg:10,20,80,90" */
  shown?: readonly string[];
  /** The same of what looks alike. */
  unlike?: readonly string[];
  /** Files of saved examples, and label files of any format. */
  files?: readonly string[];
  /** The same for one label each, whatever label the file was saved for. */
  ofLabels?: readonly { label: string; file: string }[];
}

/** What several sources give, together. */
export function joinedReadings(readings: readonly ReadExamples[]): ReadExamples {
  return {
    shown: readings.flatMap(({ shown }) => shown),
    unlike: readings.flatMap(({ unlike }) => unlike),
    saved: readings.flatMap(({ saved }) => saved),
  };
}

/** Examples, read but not looked at. */
export interface ReadExamples {
  shown: readonly ExampleBox[];
  unlike: readonly ExampleBox[];
  saved: readonly Prompt[];
}

/** Reads what a command is given. @throws UserError for what is no example, naming the file or words */
export async function readGiven({
  shown = [],
  unlike = [],
  files = [],
  ofLabels = [],
}: GivenExamples): Promise<ReadExamples> {
  const saved: Prompt[] = [];
  const labelled: ExampleBox[] = [];
  for (const file of files) {
    if (isExamplesFile(file)) saved.push(readExamples(file));
    else labelled.push(...(await labelledExamples(file)));
  }
  for (const { label, file } of ofLabels) {
    if (isExamplesFile(file)) saved.push({ ...readExamples(file), label });
    else labelled.push(...(await examplesOfLabel(file, label)));
  }
  const boxes = [...shown.map(parseExampleBox), ...labelled];
  const labels = new Set([...boxes, ...saved].map(({ label }) => label));
  const negatives = unlike.map(parseExampleBox);
  const alone = negatives.find(({ label }) => !labels.has(label));
  if (alone) {
    throw new UserError(`"${alone.label}" has negative examples only: give one that shows it too.`);
  }
  return { shown: boxes, unlike: negatives, saved };
}

/** One word for examples as they were given: the pictures' paths and boxes, and what was saved. */
export function digestOfExamples({ shown, unlike, saved }: ReadExamples): string {
  const given = JSON.stringify([shown, unlike, saved.map(savedExamples)]);
  return createHash('sha256').update(given).digest('hex');
}

async function examplesOfLabel(file: string, label: string): Promise<ExampleBox[]> {
  const boxes = await labelledExamples(file);
  const own = boxes.filter((box) => box.label === label);
  if (own.length > 0) return own;
  const others = [...new Set(boxes.map((box) => box.label))].slice(0, 10).join(', ');
  throw new UserError(`${file} has no box of "${label}"; its labels are ${others}.`);
}

/**
 * Prompts in words and by examples: those of one label are one prompt.
 * @throws UserError for a picture that cannot be read, a box outside it, and examples of another model
 */
export async function promptsWithExamples(
  detector: ExampleDetector,
  words: readonly (string | Prompt)[],
  { shown, unlike, saved }: ReadExamples,
): Promise<Prompt[]> {
  const prompts = new Map(parsePrompts(words).map((prompt) => [prompt.label, prompt]));
  const sets = new Map<string, Examples[]>();
  const add = (label: string, examples: Examples) =>
    sets.set(label, [...(sets.get(label) ?? []), examples]);
  for (const { label, phrasings, examples } of saved) {
    add(label, examples!);
    if (!prompts.has(label)) prompts.set(label, { label, phrasings });
  }
  const marked = [
    ...shown.map((one) => ({ ...one, kind: 'shown' as const })),
    ...unlike.map((one) => ({ ...one, kind: 'unlike' as const })),
  ];
  for (const [image, ofImage] of groupBy(marked, ({ image }) => image)) {
    const encoded = await detector.encode(image);
    for (const [label, boxes] of groupBy(ofImage, ({ label }) => label)) {
      const of = (wanted: string) =>
        boxes.filter(({ kind }) => kind === wanted).map(({ box }) => box);
      add(label, await detector.examplesIn(encoded, { shown: of('shown'), unlike: of('unlike') }));
    }
  }
  for (const [label, examples] of sets) {
    const { phrasings } = prompts.get(label) ?? { phrasings: [] };
    prompts.set(label, { label, phrasings, examples: joinedExamples(examples) });
  }
  return [...prompts.values()];
}
