import { UserError } from '../../src/errors.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { asScore } from './attributes.js';
import { namedCategories } from './categories.js';
import type { ReadSet } from './checkedSet.js';
import { CvatDeclarations } from './cvatDeclarations.js';
import { fileOrIn, readText, writePieces } from './labelFiles.js';
import { type LabelFormatDefinition, restIn } from './labelFormat.js';
import type { Attributes, LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import { rounded, roundedBox } from './numbers.js';
import { interleave, type Placed } from './placed.js';
import { bare, childrenOf, element, parseXml, textOf, type XmlElement, xmlText } from './xml.js';

const corners = ['xtl', 'ytl', 'xbr', 'ybr'] as const;

/**
 * "CVAT for images 1.1". A score is an attribute of the box, declared on its label, and the box's source is
 * then "auto"; other boxes are "manual". Shapes other than upright boxes are kept.
 */
export const cvatFormat: LabelFormatDefinition = {
  name: 'cvat',
  folder: false,
  extension: '.xml',
  scores: true,
  read: readCvat,
  write: (set, output) => writePieces(output, cvatPieces(set)),
  shapes: ({ rest }) =>
    shapesIn(rest).map(({ value }) => (value.name === 'box' ? 'rotated box' : value.name)),
};

function shapesIn(rest: Readonly<Record<string, unknown>> | undefined): Placed<XmlElement>[] {
  return (rest?.shapes as Placed<XmlElement>[] | undefined) ?? [];
}

/** @param path the file, or the folder of an unpacked archive with annotations.xml */
async function readCvat(path: string): Promise<ReadSet> {
  const file = await fileOrIn(path, 'annotations.xml');
  const root = parseXml(await readText(file), file);
  if (root.name !== 'annotations') {
    throw new UserError(`${file} is not of CVAT: it holds <${root.name}>, not <annotations>.`);
  }
  const [track] = childrenOf(root, 'track');
  if (track) {
    throw new UserError(
      `${file}, line ${track.line}: it is "CVAT for video"; export the task as "CVAT for images 1.1".`,
    );
  }
  const [meta] = childrenOf(root, 'meta');
  const declared = new CvatDeclarations(meta);
  const images = childrenOf(root, 'image').map((image) => imageOf(image, declared, file));
  const known = ['version', 'meta', 'image'];
  const others = childrenOf(root).filter(({ name }) => !known.includes(name));
  const rest = {
    ...(meta && { meta: bare(meta) }),
    ...(others.length > 0 && { elements: others.map(bare) }),
  };
  return {
    categories: namedCategories(
      images,
      declared.labels().map((name) => ({ name })),
    ),
    images,
    format: 'cvat',
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

function imageOf(image: XmlElement, declared: CvatDeclarations, file: string): LabelledImage {
  const { name, width, height, ...others } = image.attributes;
  if (!name) throw new UserError(`${file}, line ${image.line}: the image has no name.`);
  const boxes: LabelledBox[] = [];
  const shapes: Placed<XmlElement>[] = [];
  for (const shape of childrenOf(image)) {
    if (isUpright(shape)) boxes.push(boxOf(shape, declared, file));
    else shapes.push({ after: boxes.length, value: bare(shape) });
  }
  const rest = { ...others, ...(shapes.length > 0 && { shapes }) };
  return {
    file: name,
    width: numberOf(image, 'width', file),
    height: numberOf(image, 'height', file),
    boxes,
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

function isUpright({ name, attributes }: XmlElement): boolean {
  return name === 'box' && Number(attributes.rotation ?? 0) === 0;
}

function boxOf(shape: XmlElement, declared: CvatDeclarations, file: string): LabelledBox {
  const { label, occluded, xtl, ytl, xbr, ybr, ...others } = shape.attributes;
  if (!label) throw new UserError(`${file}, line ${shape.line}: the box has no label.`);
  const box = corners.map((corner) => numberOf(shape, corner, file)) as unknown as Xyxy;
  const values = childrenOf(shape, 'attribute').map((attribute) => {
    const { name = '' } = attribute.attributes;
    return [name, declared.read(label, name, textOf(attribute))] as const;
  });
  const { score: found, ...attributes }: Attributes = {
    ...(occluded === '1' && { occluded: true }),
    ...Object.fromEntries(values),
  };
  const score = asScore(typeof found === 'string' && found.trim() !== '' ? Number(found) : found);
  const all: Attributes = {
    ...attributes,
    ...(score === undefined && found !== undefined && { score: found }),
  };
  const elements = childrenOf(shape).filter(({ name }) => name !== 'attribute');
  const isExact = roundedBox(box).every((side, i) => side === box[i]);
  const rest = {
    ...others,
    ...(elements.length > 0 && { elements: elements.map(bare) }),
    ...(!isExact && { exact: true }),
  };
  return {
    label,
    box,
    ...(score !== undefined && { score }),
    ...(Object.keys(all).length > 0 && { attributes: all }),
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

function numberOf({ name, attributes, line }: XmlElement, key: string, file: string): number {
  const text = attributes[key];
  const value = text?.trim() ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const what = text === undefined ? 'is missing' : `is no number: "${text}"`;
  throw new UserError(`${file}, line ${line}: ${key} of <${name}> ${what}.`);
}

function* cvatPieces(set: LabelSet): Generator<string> {
  const rest = restIn('cvat', set);
  const { meta, elements = [] } = rest(set) as { meta?: XmlElement; elements?: XmlElement[] };
  const declared = new CvatDeclarations(meta);
  for (const { name } of set.categories) declared.addLabel(name);
  let next = 0;
  for (const image of set.images) {
    const { id } = rest(image);
    next = Math.max(next, Number(id ?? -1) + 1 || 0);
    for (const { label, attributes = {}, score } of image.boxes) {
      declared.add(label, valuesOf(attributes, score));
    }
  }
  yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n';
  yield xmlText(declared.meta(), 1);
  for (const each of elements) yield xmlText(each, 1);
  for (const image of set.images) {
    const { id = next++, shapes, ...others } = rest(image);
    const { file: name, width, height, boxes } = image;
    const attributes = {
      id: String(id),
      name,
      width,
      height,
      ...(others as Record<string, string>),
    };
    const written = boxes.map((box) => elementOf(box, rest(box)));
    const children = interleave(written, shapes as Placed<XmlElement>[] | undefined);
    yield xmlText(element('image', attributes, ...children), 1);
  }
  yield '</annotations>\n';
}

/** Attributes as elements have them; being occluded is a field of the box. */
function valuesOf(attributes: Attributes, score: number | undefined): Attributes {
  const { occluded, ...others } = attributes;
  return {
    ...others,
    ...(typeof occluded !== 'boolean' && occluded !== undefined && { occluded }),
    ...(score !== undefined && { score }),
  };
}

function elementOf(
  { label, box, score, attributes = {} }: LabelledBox,
  rest: Readonly<Record<string, unknown>>,
): XmlElement {
  const { source, elements = [], exact, ...others } = rest;
  const text = (side: number) => (exact ? String(side) : rounded(side).toFixed(2));
  const fields = {
    label,
    source: String(source ?? (score === undefined ? 'manual' : 'auto')),
    occluded: attributes.occluded === true ? '1' : '0',
    ...Object.fromEntries(corners.map((corner, i) => [corner, text(box[i])])),
    z_order: '0',
    ...(others as Record<string, string>),
  };
  const values = Object.entries(valuesOf(attributes, score)).map(([name, value]) =>
    element('attribute', { name }, String(value)),
  );
  return element('box', fields, ...values, ...(elements as XmlElement[]));
}
