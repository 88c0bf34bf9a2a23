import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelFormatName } from '../../datasets/labels/formatNames.js';
import { UserError } from '../../src/errors.js';
import { filesOfLabels, labelsWithExamples } from '../examples/labelsWithExamples.js';
import {
  digestOfExamples,
  type ExampleDetector,
  type GivenExamples,
  joinedReadings,
  type ReadExamples,
  readGiven,
} from '../examples/promptsWithExamples.js';
import { type CheckedBoxes, checkedBoxes } from './checkedBoxes.js';
import {
  type LabelDefinition,
  type LabelDefinitions,
  labelDefinitions,
  spoken,
} from './labelDefinitions.js';
import type { Learning } from './learnings.js';
import { lastManifest, prelabelFolder } from './runState.js';

export interface LabelsAsked {
  /** A file of labels, and labels on a line each. Default, with `learn`: those of the last run. */
  file?: string;
  lines?: readonly string[];
  /** Examples of labels, which need not be among those. */
  given?: GivenExamples;
  /** Whether and how what people have checked counts. */
  learn?: Learning;
  /** The labels that they have checked, their format, and the folder of pictures. */
  output: string;
  format: LabelFormatName;
  images: string;
  urlPrefix?: string;
}

/** Labels before a model has seen their examples. */
export interface LabelsToFind {
  definitions: LabelDefinitions;
  /** What people have checked, where it counts. */
  checked?: CheckedBoxes;
  /** One word for all examples; undefined without any. */
  examplesDigest?: string;
  /** The labels, with what a model sees in their examples. @throws UserError as `labelsWithExamples` */
  seenBy(detector: ExampleDetector): Promise<LabelDefinitions>;
}

/**
 * What a folder of pictures is to be labelled with.
 * @throws UserError for bad labels and examples, and where nothing was checked that could be learnt
 */
export async function labelsToFind(asked: LabelsAsked): Promise<LabelsToFind> {
  const { learn } = asked;
  const words = await inWords(asked);
  const checked = learn ? await learnable(asked, words) : undefined;
  const definitions = learn === 'names' ? withNamesOf(checked!, words) : words;
  const ofLabels = filesOfLabels(definitions.labels);
  const read = joinedReadings([
    await readGiven({ ...asked.given, ofLabels }),
    ...(learn === 'examples' ? [asExamples(checked!)] : []),
  ]);
  const isShown = read.shown.length + read.saved.length > 0;
  if (definitions.labels.length === 0 && !isShown) {
    throw new UserError('There are no labels to look for.');
  }
  return {
    ...{ definitions, checked },
    ...(isShown && { examplesDigest: digestOfExamples(read) }),
    seenBy: async (detector) => ({
      ...definitions,
      labels: await labelsWithExamples(detector, definitions.labels, read),
    }),
  };
}

async function inWords({ file, lines, learn, output }: LabelsAsked): Promise<LabelDefinitions> {
  if (file !== undefined || lines !== undefined) return labelDefinitions({ file, lines });
  const last = learn ? await lastManifest(prelabelFolder(output)) : undefined;
  const labels = last?.head.labels ?? [];
  const folder = prelabelFolder(output);
  return {
    labels: labels.map(({ examples: _, negativeExamples: __, exampleFiles, ...label }) => ({
      ...label,
      ...(exampleFiles && { exampleFiles: exampleFiles.map((file) => join(folder, file)) }),
    })),
    ...(last?.head.labelStudio && { labelStudio: last.head.labelStudio }),
  };
}

async function learnable(
  { output, format, images, urlPrefix }: LabelsAsked,
  { labelStudio }: LabelDefinitions,
): Promise<CheckedBoxes> {
  if (!existsSync(output)) {
    throw new UserError(`${output} is not there: there is nothing to learn from.`);
  }
  const labels = { ...labelStudio, urlPrefix };
  const checked = await checkedBoxes(output, { images, format, labelStudio: labels });
  if (checked.shown.length > 0) return checked;
  throw new UserError(
    `${output} has no box that somebody has accepted or drawn; look some pictures through first: ` +
      `fgdet serve --review ${output}.`,
  );
}

function asExamples({ shown }: CheckedBoxes): ReadExamples {
  return { shown, unlike: [], saved: [] };
}

/** Also labels that people have thought of meanwhile. */
function withNamesOf({ pictures }: CheckedBoxes, definitions: LabelDefinitions): LabelDefinitions {
  const known = new Set(definitions.labels.map(({ name }) => name));
  const shown = new Set(pictures.flatMap(({ boxes }) => boxes.map(({ label }) => label)));
  const added = [...shown].filter((name) => !known.has(name));
  const labels = [
    ...definitions.labels,
    ...added.map((name): LabelDefinition => ({ name, phrasings: [spoken(name)] })),
  ];
  return { ...definitions, labels };
}
