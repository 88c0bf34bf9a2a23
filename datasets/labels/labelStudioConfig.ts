import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { UserError } from '../../src/errors.js';

/** What a Label Studio project says of the boxes that people draw. */
export interface LabelStudioConfig {
  /** Names of the RectangleLabels tag, and of the Image that it labels. */
  fromName: string;
  toName: string;
  /** The field of a task's data that holds the picture: "image" of `value="$image"`. */
  imageField: string;
  labels: LabelStudioLabel[];
  /** `model_score_threshold` of the RectangleLabels. */
  threshold?: number;
}

/** A Label of the RectangleLabels. */
export interface LabelStudioLabel {
  label: string;
  /** `predicted_values`, separated by commas; the label itself without them. */
  phrasings: string[];
  /** `model_score_threshold` of the label. */
  threshold?: number;
}

/** A tag, with the tags inside it. */
interface Tag {
  name: string;
  attributes: Record<string, string>;
  tags: Tag[];
}

/**
 * Reads the RectangleLabels of a labelling config.
 * @param where its place, for messages.
 * @throws UserError when it is no XML, or has no RectangleLabels for an Image.
 */
export function parseLabelStudioConfig(xml: string, where: string): LabelStudioConfig {
  const tags = parseTags(xml, where);
  const control = tags.find(({ name }) => name === 'RectangleLabels');
  if (!control)
    throw new UserError(`${where} has no RectangleLabels, so that boxes have no place.`);
  const { name: fromName, toName } = control.attributes;
  const image = tags.find(({ name, attributes }) => name === 'Image' && attributes.name === toName);
  if (!fromName || !toName || !image) {
    throw new UserError(
      `${where}: RectangleLabels needs a "name", and a "toName" that is the name of an Image.`,
    );
  }
  const field = /^\$(.+)$/.exec(image.attributes.value ?? '')?.[1];
  if (field === undefined) {
    throw new UserError(`${where}: the value of Image ${toName} must be a field: value="$image".`);
  }
  const labels = within(control)
    .filter(({ name }) => name === 'Label')
    .map(({ attributes }) => readLabel(attributes, where));
  if (labels.length === 0)
    throw new UserError(`${where}: RectangleLabels ${fromName} has no Label.`);
  return {
    ...{ fromName, toName, imageField: field, labels },
    ...thresholdOf(control.attributes, where),
  };
}

function readLabel(attributes: Record<string, string>, where: string): LabelStudioLabel {
  const label = attributes.value;
  if (!label) throw new UserError(`${where}: a Label has no "value".`);
  const named = (attributes.predicted_values ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return {
    label,
    phrasings: named.length > 0 ? named : [label],
    ...thresholdOf(attributes, where),
  };
}

function thresholdOf(
  { model_score_threshold: given }: Record<string, string>,
  where: string,
): { threshold?: number } {
  if (given === undefined) return {};
  const threshold = Number(given);
  if (given.trim() !== '' && threshold >= 0 && threshold <= 1) return { threshold };
  throw new UserError(`${where}: model_score_threshold is "${given}"; it must be from 0 to 1.`);
}

function parseTags(xml: string, where: string): Tag[] {
  const valid = XMLValidator.validate(xml);
  if (valid !== true) {
    throw new UserError(`${where} is not valid XML: line ${valid.err.line}: ${valid.err.msg}`);
  }
  const parser = new XMLParser({
    ...{ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '' },
    ...{ parseAttributeValue: false, processEntities: true, htmlEntities: true },
  });
  let nodes: Node[];
  try {
    nodes = parser.parse(xml) as Node[];
  } catch (error) {
    throw new UserError(`${where} is not a labelling config: ${(error as Error).message}`);
  }
  return nodes.flatMap(tagOf).flatMap((tag) => [tag, ...within(tag)]);
}

/** As the parser gives tags in their order: one name with the content, and the attributes under ":@". */
type Node = Record<string, unknown>;

function tagOf(node: Node): Tag[] {
  const name = Object.keys(node).find((key) => key !== ':@');
  if (name === undefined || name.startsWith('#') || name.startsWith('?')) return [];
  const attributes = (node[':@'] ?? {}) as Record<string, string>;
  return [{ name, attributes, tags: (node[name] as Node[]).flatMap(tagOf) }];
}

/** All tags inside a tag, however deep. */
function within({ tags }: Tag): Tag[] {
  return tags.flatMap((tag) => [tag, ...within(tag)]);
}
