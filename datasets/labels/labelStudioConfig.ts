import { UserError } from '../../src/errors.js';
import { childrenOf, parseXml, type XmlElement } from './xml.js';

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

/**
 * Reads the RectangleLabels of a labelling config.
 * @param where its place, for messages.
 * @throws UserError when it is no XML, or has no RectangleLabels for an Image.
 */
export function parseLabelStudioConfig(xml: string, where: string): LabelStudioConfig {
  const tags = elementsIn(parseXml(xml, where));
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
  const labels = elementsIn(control)
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

/** An element and all those in it, however deep. */
export function elementsIn(element: XmlElement): XmlElement[] {
  return [element, ...childrenOf(element).flatMap(elementsIn)];
}
