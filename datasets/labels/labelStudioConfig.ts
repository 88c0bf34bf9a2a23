import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';
import { childrenOf, parseXml, type XmlElement } from './xml.js';

/** What a Label Studio project says of the boxes that people draw. */
export interface LabelStudioConfig {
  /** In the order of the config; at least one. */
  controls: LabelStudioControl[];
}

/** A tag that gives labels to boxes of an Image: RectangleLabels, or Labels beside a Rectangle. */
export interface LabelStudioControl {
  /** Its name: `from_name` of regions. */
  fromName: string;
  /** Name of the Rectangle that draws the boxes of Labels; a RectangleLabels draws them itself. */
  rectangle?: string;
  /** Name of the Image: `to_name` of regions. */
  toName: string;
  /** Where a task has the picture: the Image's `value` or `valueList`, "$image" (see `valueIn`). */
  image: string;
  /** Whether the task has a list of pictures there (`valueList`): regions have an `item_index`. */
  manyImages: boolean;
  /** Its Labels. */
  labels: LabelStudioLabel[];
  /** Where a task has more labels (see `labelsIn`): "$options" of `value="$options"`. */
  taskLabels?: string;
  /** `model_score_threshold` of the tag. */
  threshold?: number;
}

/** A Label. */
export interface LabelStudioLabel {
  /** What Label Studio stores: the `alias`, or the `value` without one. */
  label: string;
  /** `predicted_values`, separated by commas (`\,` is one in a phrasing); the `value` without them. */
  phrasings: string[];
  /** `model_score_threshold` of the label. */
  threshold?: number;
}

/**
 * Reads what a labelling config says of boxes.
 * @param where its place, for messages.
 * @throws UserError when it is no XML, or has no labels for boxes of an Image.
 */
export function parseLabelStudioConfig(xml: string, where: string): LabelStudioConfig {
  const tags = elementsIn(parseXml(xml, where));
  const images = new Map<string, XmlElement>();
  /** Names of the Rectangles, by the Images that they are for. */
  const tools = new Map<string, string>();
  for (const tag of tags) {
    const { name } = tag.attributes;
    if (tag.name === 'Image') addFirst(images, name, tag);
    if (tag.name !== 'Rectangle' || !name) continue;
    for (const toName of namesIn(tag)) addFirst(tools, toName, name);
  }
  const controls = tags.flatMap((tag) => {
    // Labels that have no Rectangle are for texts, or for other shapes.
    if (tag.name === 'Labels') {
      const names = namesIn(tag).filter((toName) => tools.has(toName) && images.has(toName));
      const drawn = controlsOf(tag, names, images, where);
      return drawn.map((control) => ({ ...control, rectangle: tools.get(control.toName) }));
    }
    return tag.name === 'RectangleLabels' ? controlsOf(tag, namesIn(tag), images, where) : [];
  });
  if (controls.length === 0) {
    throw new UserError(
      `${where} has no RectangleLabels, nor Labels with a Rectangle, so that boxes have no place.`,
    );
  }
  const used = controls.filter(
    ({ labels, taskLabels }) => labels.length > 0 || taskLabels !== undefined,
  );
  if (used.length > 0) return { controls: used };
  throw new UserError(`${where}: ${controls[0].fromName} has no Label.`);
}

/**
 * What a task has where a tag's attribute says: `value="$image"`, or "$pages[0].url". An attribute may have
 * text around it ("https://host/$file"), as Label Studio's editor reads it.
 * @returns undefined where the task has nothing there.
 */
export function valueIn(data: Readonly<Record<string, unknown>>, attribute: string): unknown {
  const [whole] = attribute.match(reference) ?? [];
  if (whole === attribute) return at(data, attribute.slice(1));
  return attribute.replace(reference, (name) => String(at(data, name.slice(1)) ?? ''));
}

/** The name of the field that an attribute is a task's: "image" of "$image"; undefined for other attributes. */
export function fieldOf(attribute: string): string | undefined {
  return /^\$(\w+)$/.exec(attribute)?.[1];
}

/**
 * The labels of a control for a task: its own, and those that the task has for it, each once.
 * @param where the task's place, for messages.
 * @throws UserError for labels of a task that are none
 */
export function labelsIn(
  data: Readonly<Record<string, unknown>>,
  { labels, taskLabels }: Pick<LabelStudioControl, 'labels' | 'taskLabels'>,
  where: string,
): LabelStudioLabel[] {
  const more = (taskLabels === undefined ? undefined : valueIn(data, taskLabels)) ?? [];
  if (!Array.isArray(more)) {
    throw new UserError(`${where}: ${taskLabels} must be a list of labels: [{"value": "cat"}].`);
  }
  const all = [...labels, ...more.map((option) => readLabel(attributesOf(option), where))];
  const seen = new Set<string>();
  return all.filter(({ label }) => !seen.has(label) && seen.add(label));
}

const reference = /\$[\w[\].{}]+/g;

function at(data: Readonly<Record<string, unknown>>, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((key) => key !== '')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      data,
    );
}

/** A task's label as the attributes that a Label would have. */
function attributesOf(option: unknown): Record<string, string> {
  if (typeof option === 'string') return { value: option };
  return Object.fromEntries(
    Object.entries(option ?? {})
      .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
      .map(([key, value]) => [key, String(value)]),
  );
}

/** The names of the tags that a tag is for, each once. */
function namesIn({ attributes: { toName = '' } }: XmlElement): string[] {
  return [...new Set(toName.split(',').map((name) => name.trim()))];
}

function addFirst<Value>(map: Map<string, Value>, key: string | undefined, value: Value): void {
  if (key !== undefined && !map.has(key)) map.set(key, value);
}

/** A tag's controls of the Images of these names, which share its labels. */
function controlsOf(
  tag: XmlElement,
  toNames: readonly string[],
  images: ReadonlyMap<string, XmlElement>,
  where: string,
): LabelStudioControl[] {
  if (toNames.length === 0) return [];
  const { name: fromName = '', value: taskLabels } = tag.attributes;
  const labels = elementsIn(tag)
    .filter(({ name }) => name === 'Label')
    .map(({ attributes }) => readLabel(attributes, where));
  const threshold = thresholdOf(tag.attributes, where);
  return toNames.map((toName) => {
    const found = images.get(toName);
    if (!found || (tag.name === 'RectangleLabels' && fromName === '')) {
      throw new UserError(
        `${where}: ${tag.name} needs a "name", and a "toName" that is the name of an Image.`,
      );
    }
    const { value = '', valueList } = found.attributes;
    const image = valueList ?? value;
    if (!image.includes('$')) {
      throw new UserError(
        `${where}: the value of Image ${toName} must be a field: value="$image".`,
      );
    }
    return {
      ...{ fromName, toName, image, manyImages: valueList !== undefined, labels },
      ...(taskLabels?.startsWith('$') && { taskLabels }),
      ...threshold,
    };
  });
}

function readLabel(attributes: Record<string, string>, where: string): LabelStudioLabel {
  const { value, alias } = attributes;
  const shown = value || alias;
  if (!shown) throw new UserError(`${where}: a Label has no "value".`);
  const named = splitValues(attributes.predicted_values ?? '');
  return {
    label: alias || shown,
    phrasings: named.length > 0 ? named : [shown],
    ...thresholdOf(attributes, where),
  };
}

/** `predicted_values` of these phrasings; a comma that belongs to one has a backslash before it. */
export function joinedValues(phrasings: readonly string[]): string {
  return phrasings.map((phrasing) => phrasing.replace(/[\\,]/g, '\\$&')).join(', ');
}

function splitValues(values: string): string[] {
  return values
    .split(/(?<!(?:^|[^\\])(?:\\\\)*\\),/)
    .map((value) => value.trim().replace(/\\([\\,])/g, '$1'))
    .filter((value) => value !== '');
}

function thresholdOf(
  { model_score_threshold: given }: Record<string, string>,
  where: string,
): { threshold?: number } {
  if (given === undefined) return {};
  const threshold = decimalNumber(given);
  if (threshold >= 0 && threshold <= 1) return { threshold };
  throw new UserError(`${where}: model_score_threshold is "${given}"; it must be from 0 to 1.`);
}

/** An element and all those in it, however deep. */
export function elementsIn(element: XmlElement): XmlElement[] {
  return [element, ...childrenOf(element).flatMap(elementsIn)];
}
