import { closeSync, existsSync, readSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { LabelStudioNames } from '../../datasets/labels/labelFormat.js';
import {
  fieldOf,
  type LabelStudioConfig,
  parseLabelStudioConfig,
} from '../../datasets/labels/labelStudioConfig.js';
import type { Examples } from '../../detectors/examples.js';
import { promptLines } from '../../detectors/prompts.js';
import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';
import { readJsonEntries } from '../../src/files/jsonEntries.js';
import { checkJson, readJson } from '../../src/files/jsonFile.js';
import { mostBytes, openRegularSync } from '../../src/files/regularFile.js';
import { cannotRead, readTextSync, textDecoder } from '../../src/files/textFile.js';
import { parseYaml, readYamlText } from '../../src/files/yamlFile.js';
import { firstRepeated } from '../../src/firstRepeated.js';
import { phrasingsOf } from '../../src/text/phrasings.js';
import { checkGiven } from '../../src/wholeText.js';

/** A label that boxes can get, and what is looked for to give it. */
export interface LabelDefinition {
  /** The name in label files. */
  name: string;
  /** Its number in formats that have numbers. Default: its place. */
  id?: number;
  /** None where there are examples alone. */
  phrasings: readonly string[];
  /** Files of examples: saved ones, or labels of any format. */
  exampleFiles?: readonly string[];
  /** What a model has seen in those, and in others. */
  examples?: Examples;
  /** Least score of its boxes. */
  threshold?: number;
}

/** Labels, and what the file they are from says besides. */
export interface LabelDefinitions {
  labels: LabelDefinition[];
  /** Of a labelling config: how its tags and fields are called. */
  labelStudio?: Omit<LabelStudioNames, 'urlPrefix'>;
  /** The labelling config itself. */
  labelStudioConfig?: { xml: string; where: string };
}

/**
 * A label as people write it on one line: "person: a person | pedestrian | worker @ 0.4", or with a file of examples,
 * "wheel: a wheel | examples:wheel.json". Without a colon, the first phrasing is the name; without "@", there is no
 * threshold of its own. The signs may be full-width ones.
 * @param folder that files of examples are relative to.
 * @throws UserError when it names nothing, or its threshold is not from 0 to 1.
 */
export function parseLabelLine(line: string, folder = '.'): LabelDefinition {
  const [, text, end] = /^(.*?)(?:[@＠]([^@＠|｜:：]*))?$/s.exec(line.trim())!;
  const given = end?.trim();
  const threshold = given === undefined ? undefined : decimalNumber(given);
  if (threshold !== undefined && !(threshold >= 0 && threshold <= 1)) {
    throw new UserError(
      `The threshold of "${line.trim()}" is "${given}"; it must be from 0 to 1: "a person @ 0.4".`,
    );
  }
  // The name's stands before all bars: others belong to a phrasing, or to a file of examples.
  const colon = text.split(/[|｜]/, 1)[0].search(/[:：]/);
  const wordings = phrasingsOf(colon < 0 ? text : text.slice(colon + 1));
  const name = colon < 0 ? wordings[0] : text.slice(0, colon).trim();
  if (name === 'examples' && colon >= 0) {
    throw new UserError(`"${line.trim()}" names no label; write "wheel: examples:wheel.json".`);
  }
  const phrasings = wordings.filter((wording) => !examplesAt.test(wording));
  const files = wordings
    .filter((wording) => examplesAt.test(wording))
    .map((wording) => wording.replace(examplesAt, ''));
  if (!name || wordings.length === 0 || files.includes('')) {
    throw new UserError(
      `"${line.trim()}" is no label; write "person" or "person: a person | pedestrian @ 0.4".`,
    );
  }
  return {
    ...{ name, phrasings },
    ...(files.length > 0 && { exampleFiles: files.map((file) => besides(folder, file)) }),
    ...(threshold !== undefined && { threshold }),
  };
}

/** A path from another folder: short where that is the one the process works in. */
function besides(folder: string, file: string): string {
  return isAbsolute(file) ? file : join(folder, file);
}

/** What a wording begins with that is a file of examples. */
const examplesAt = /^examples\s*[:：]\s*/;

/**
 * The labels of a file: lines of text, YOLO's data.yaml, a COCO file or list of categories, or Label Studio's
 * labelling config.
 * @throws UserError naming the file and what is wrong with it.
 */
export function readLabelDefinitions(file: string): LabelDefinitions {
  const definitions = readFile(file);
  const twice = firstRepeated(definitions.labels.map(({ name }) => name));
  if (twice !== undefined) throw new UserError(`${file} has the label "${twice}" twice.`);
  if (definitions.labels.length === 0) throw new UserError(`${file} has no labels.`);
  return definitions;
}

/**
 * Labels from a file and from single lines, which come last, or take the place of what the file says of the
 * same name.
 * @throws UserError when there is none, or one that is no valid text.
 */
export function labelDefinitions({
  file,
  lines = [],
}: {
  file?: string;
  lines?: readonly string[];
}): LabelDefinitions {
  const { labels, ...rest } = file === undefined ? { labels: [] } : readLabelDefinitions(file);
  const byName = new Map(labels.map((label) => [label.name, label]));
  for (const line of lines) {
    const label = parseLabelLine(line);
    const { exampleFiles: _, ...rest } = byName.get(label.name) ?? {};
    byName.set(label.name, { ...rest, ...label });
  }
  if (byName.size === 0) throw new UserError('There are no labels to look for.');
  for (const { name, phrasings } of byName.values()) {
    for (const text of [name, ...phrasings]) checkGiven(text, 'The label');
  }
  return { labels: [...byName.values()], ...rest };
}

function readFile(file: string): LabelDefinitions {
  if (/\.xml$/i.test(file)) {
    const xml = readTextSync(file, mostBytes.settings);
    return {
      ...labelsOfConfig(parseLabelStudioConfig(xml, file), file),
      labelStudioConfig: { xml, where: file },
    };
  }
  if (/\.json$/i.test(file)) return { labels: readCategories(file) };
  if (/\.ya?ml$/i.test(file)) return { labels: readYoloNames(file) };
  return {
    labels: promptLines(readTextSync(file, mostBytes.settings)).map((line) => {
      try {
        return parseLabelLine(line, dirname(file));
      } catch (error) {
        throw new UserError(`${file}: ${(error as Error).message}`);
      }
    }),
  };
}

/**
 * Labels of all tags of the picture. Where two tags have a label, boxes get it from the first.
 * @throws UserError for a config of several pictures, since a folder's pictures could be any of them
 */
function labelsOfConfig(
  { controls }: LabelStudioConfig,
  file: string,
): Pick<LabelDefinitions, 'labels' | 'labelStudio'> {
  const [{ toName, image, ...first }] = controls;
  const other = controls.find((control) => control.toName !== toName);
  if (other) {
    throw new UserError(
      `${file} has labels for the pictures ${toName} and ${other.toName}. ` +
        'Take a config with the labels of one, or have Label Studio ask `fgdet serve`, which knows which is which.',
    );
  }
  const seen = new Set<string>();
  const tags = controls.map(({ fromName, rectangle, labels, threshold }) => ({
    ...{ fromName, ...(rectangle !== undefined && { rectangle }), threshold },
    labels: labels.filter(({ label }) => !seen.has(label) && seen.add(label)),
  }));
  const furtherTags = tags.slice(1).map(({ threshold: _, labels, ...tag }) => ({
    ...tag,
    labels: labels.map(({ label }) => label),
  }));
  return {
    labels: tags.flatMap((tag) =>
      tag.labels.map(({ label, phrasings, threshold = tag.threshold }) => ({
        ...{ name: label, phrasings: phrasings.map(spoken) },
        ...(threshold !== undefined && { threshold }),
      })),
    ),
    labelStudio: {
      ...{ fromName: first.fromName, toName, imageField: fieldOf(image) },
      ...(first.rectangle !== undefined && { rectangle: first.rectangle }),
      ...(furtherTags.length > 0 && { furtherTags }),
    },
  };
}

const categorySchema = z.object({ id: z.int().optional(), name: z.string().min(1) });

/** COCO's categories: a list of them, or of their names, or a whole annotation file. */
function readCategories(file: string): LabelDefinition[] {
  const found: LabelDefinition[] = [];
  const take = (value: unknown, where: string) => {
    const category = typeof value === 'string' ? { name: value } : value;
    const { id, name } = checkJson(category, categorySchema, where, 'a category');
    found.push({ name, ...(id !== undefined && { id }), phrasings: [spoken(name)] });
  };
  if (startsWithList(file)) {
    const values = readJson(file) as unknown[];
    values.forEach((value, i) => {
      take(value, `${file}: [${i}]`);
    });
    return found;
  }
  const fields = readJsonEntries(file, ['categories'], (_, i, value) => {
    take(value, `${file}: categories[${i}]`);
  });
  if (!fields.has('categories')) throw new UserError(`${file} has no "categories".`);
  return found;
}

const namesSchema = z.object({
  names: z.union([z.array(z.string().min(1)), z.record(z.string(), z.string().min(1))], {
    error: 'must be a list of names, or names by number',
  }),
});

function readYoloNames(file: string): LabelDefinition[] {
  // Of the failsafe kind: a name such as "no" or "1" stays what it is.
  const content = parseYaml(readYamlText(file), file, 'failsafe');
  const { names } = checkJson(content, namesSchema, file, 'a YOLO data.yaml');
  return Object.entries(names).map(([key, name]) => {
    if (!/^\d+$/.test(key)) throw new UserError(`${file}: names.${key}: names go by numbers.`);
    return { name, id: Number(key), phrasings: [spoken(name)] };
  });
}

/** A name in words: "fire_hydrant" as one says it. */
export function spoken(name: string): string {
  return name.replaceAll('_', ' ').trim() || name;
}

function startsWithList(file: string): boolean {
  if (!existsSync(file)) return false;
  const descriptor = opened(file);
  try {
    const begin = Buffer.alloc(64);
    const length = readSync(descriptor, begin, 0, begin.length, 0);
    const bytes = begin.subarray(0, length);
    return /^\s*\[/.test(textDecoder(bytes, file)(bytes, { stream: true }));
  } finally {
    closeSync(descriptor);
  }
}

function opened(file: string): number {
  try {
    return openRegularSync(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
}
