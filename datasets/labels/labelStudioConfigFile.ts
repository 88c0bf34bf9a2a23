import { existsSync } from 'node:fs';
import { UserError } from '../../src/errors.js';
import { readText } from '../../src/files/textFile.js';
import type { AskedLabel, LabelStudioNames } from './labelFormat.js';
import type { LabelCategory } from './labelSet.js';
import {
  elementsIn,
  joinedValues,
  type LabelStudioControl,
  parseLabelStudioConfig,
} from './labelStudioConfig.js';
import { element, parseXml, type XmlElement, xmlText } from './xml.js';

/** A labelling config, and its place for messages. */
export interface ConfigText {
  xml: string;
  where: string;
}

/** The labelling config beside a file of tasks. */
export function configFile(tasks: string): string {
  return `${tasks.replace(/\.json$/i, '')}.config.xml`;
}

/** @returns undefined where there is none */
export async function configBeside(tasks: string): Promise<ConfigText | undefined> {
  const where = configFile(tasks);
  return existsSync(where) ? { xml: await readText(where), where } : undefined;
}

/** The tags that give labels to boxes; none where the config is for something else. */
export function controlsIn({ xml, where }: ConfigText): LabelStudioControl[] {
  try {
    return parseLabelStudioConfig(xml, where).controls;
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** The labels that boxes and polygons can have by a config. */
export function labelsIn({ xml, where }: ConfigText): LabelCategory[] {
  const names = labelTags(parseXml(xml, where)).flatMap(labelElements).map(nameOf);
  return [...new Set(names.filter((name) => name !== ''))].map((name) => ({ name }));
}

/**
 * A labelling config for boxes of these categories, with what was looked for: that of the project, with what it lacks,
 * or a new one where that has no such tag.
 * @param options.polygonTags names of the PolygonLabels that there are to be.
 * @throws UserError for a config of the project that is no XML
 */
export function labellingConfig(
  categories: readonly LabelCategory[],
  names: LabelStudioNames,
  {
    project,
    asked = [],
    polygonTags = [],
  }: {
    project?: ConfigText;
    asked?: readonly AskedLabel[];
    polygonTags?: Iterable<string>;
  } = {},
): string {
  const given = project && parseXml(project.xml, project.where);
  const root = given && controlNamed(names, given) ? given : newConfig(names);
  const control = controlNamed(names, root);
  const namesIn = (tags: XmlElement[]) => new Set(tags.flatMap(labelElements).map(nameOf));
  const ofBoxes = namesIn(boxTags(root));
  const ofAll = namesIn(labelTags(root));
  const byName = new Map(asked.map((label) => [label.label, label]));
  const added = categories
    .filter(({ name }) => !(byName.has(name) ? ofBoxes : ofAll).has(name))
    .map(({ name }) => labelElement(name));
  const present = new Set(elementsIn(root).map(({ attributes }) => attributes.name));
  const polygons = [...polygonTags]
    .filter((name) => !present.has(name))
    .map((name) =>
      element(
        'PolygonLabels',
        { name, toName: names.toName ?? 'image' },
        ...categories.map((category) => labelElement(category.name)),
      ),
    );
  const changed = (part: XmlElement): XmlElement => {
    const children = [
      ...part.children,
      ...(part === control ? added : []),
      ...(part === root ? polygons : []),
    ];
    return {
      ...(part.name === 'Label' ? withAsked(part, byName.get(nameOf(part))) : part),
      children: children.map((child) => (typeof child === 'string' ? child : changed(child))),
    };
  };
  return xmlText(changed(root));
}

function newConfig({
  fromName = 'label',
  toName = 'image',
  imageField = 'image',
  rectangle,
}: LabelStudioNames): XmlElement {
  const image = element('Image', { name: toName, value: `$${imageField}` });
  if (rectangle === undefined) {
    return element('View', {}, image, element('RectangleLabels', { name: fromName, toName }));
  }
  return element(
    'View',
    {},
    image,
    element('Rectangle', { name: rectangle, toName }),
    element('Labels', { name: fromName, toName }),
  );
}

/** The tags that can name boxes and polygons. */
function labelTags(root: XmlElement): XmlElement[] {
  return [...boxTags(root), ...elementsIn(root).filter(({ name }) => name === 'PolygonLabels')];
}

/** The tags that can name boxes. */
function boxTags(root: XmlElement): XmlElement[] {
  return elementsIn(root).filter(({ name }) => name === 'RectangleLabels' || name === 'Labels');
}

function controlNamed({ fromName = 'label' }: LabelStudioNames, root: XmlElement) {
  return boxTags(root).find(({ attributes }) => attributes.name === fromName);
}

function labelElements(tag: XmlElement): XmlElement[] {
  return elementsIn(tag).filter(({ name }) => name === 'Label');
}

function labelElement(value: string): XmlElement {
  return element('Label', { value });
}

/** What Label Studio stores. */
function nameOf({ attributes: { alias, value = '' } }: XmlElement): string {
  return alias || value;
}

/** A Label with what was looked for; as it is where that is not known. */
function withAsked(label: XmlElement, asked: AskedLabel | undefined): XmlElement {
  if (!asked) return label;
  const { predicted_values: _, model_score_threshold: __, ...attributes } = label.attributes;
  const { phrasings, threshold } = asked;
  const isShown = phrasings.length === 1 && phrasings[0] === attributes.value;
  return element(label.name, {
    ...attributes,
    ...(!isShown && { predicted_values: joinedValues(phrasings) }),
    ...(threshold !== undefined && { model_score_threshold: threshold }),
  });
}
