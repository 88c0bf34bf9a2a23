import { posix } from 'node:path';
import { UserError } from '../../src/errors.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { namedCategories } from './categories.js';
import type { ReadSet } from './checkedSet.js';
import { isFolder, labelPath, listFiles, readText, writeLabelFiles } from './labelFiles.js';
import { type LabelFormatDefinition, type ReadContext, restIn } from './labelFormat.js';
import type { Attributes, LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import { roundedBox } from './numbers.js';
import {
  bare,
  childrenOf,
  childText,
  element,
  parseXml,
  textOf,
  type XmlElement,
  xmlText,
} from './xml.js';

const sides = ['xmin', 'ymin', 'xmax', 'ymax'] as const;
const flags = ['truncated', 'occluded', 'difficult'];
const unspecified = 'Unspecified';

/**
 * Pascal VOC: a file of XML for each picture. Boxes are in pixels from 0, as CVAT, labelImg and most others
 * have them; VOC's own files count from 1.
 */
export const vocFormat: LabelFormatDefinition = {
  name: 'voc',
  folder: true,
  extension: '.xml',
  scores: false,
  attributes: ['pose', ...flags],
  read: readVoc,
  write: (set, output, options) => writeLabelFiles(vocFormat.fileOf!, set, output, options),
  fileOf: (image, set, { sameStem } = {}) => ({
    path: labelPath(image.file, '.xml', sameStem),
    text: xmlText(annotationOf(image, set)),
  }),
  shapes: ({ boxes, rest }) => [
    ...boxes.flatMap((box) => elementsIn(box.rest).flatMap(partName)),
    ...elementsIn(rest)
      .filter(({ name }) => name === 'object')
      .map(() => 'object without a box'),
  ],
};

function partName({ name }: XmlElement): string[] {
  return ['part', 'polygon', 'point'].includes(name) ? [name] : [];
}

function elementsIn(rest: Readonly<Record<string, unknown>> | undefined): XmlElement[] {
  return (rest?.elements as XmlElement[] | undefined) ?? [];
}

/** @param path a file, the folder of annotations, or the data set's with a folder Annotations */
async function readVoc(path: string, { notes }: ReadContext): Promise<ReadSet> {
  const isWhole = await isFolder(path);
  const folder = isWhole ? await annotationsIn(path) : posix.dirname(path);
  const files = isWhole ? await listFiles(folder, /\.xml$/i, notes) : [posix.basename(path)];
  const images: LabelledImage[] = [];
  for (const file of files) {
    const where = posix.join(folder, file);
    images.push(imageOf(parseXml(await readText(where), where), file, where));
  }
  if (images.length === 0) throw new UserError(`${path} has no files of XML.`);
  return { categories: namedCategories(images), images, format: 'voc' };
}

async function annotationsIn(path: string): Promise<string> {
  const inside = posix.join(path, 'Annotations');
  return (await isFolder(inside).catch(() => false)) ? inside : path;
}

function imageOf(root: XmlElement, path: string, file: string): LabelledImage {
  if (root.name !== 'annotation') {
    throw new UserError(`${file} is not of Pascal VOC: it holds <${root.name}>, not <annotation>.`);
  }
  const filename = childText(root, 'filename')?.replace(/^\s*\n\s*|\s*\n\s*$/g, '');
  if (!filename) throw new UserError(`${file}: filename is missing.`);
  const [size] = childrenOf(root, 'size');
  if (!size) throw new UserError(`${file}: size is missing.`);
  const depth = childrenOf(size).filter(({ name }) => name !== 'width' && name !== 'height');
  const isBox = (child: XmlElement) =>
    child.name === 'object' && childrenOf(child, 'bndbox').length > 0;
  const boxes = childrenOf(root).filter(isBox);
  const rest = {
    ...(depth.map(xmlOf).join('') !== '<depth>3</depth>' && { size: depth.map(bare) }),
    elements: childrenOf(root)
      .filter((child) => !isBox(child) && !['filename', 'size'].includes(child.name))
      .map(bare),
    ...(Object.keys(root.attributes).length > 0 && { attributes: root.attributes }),
  };
  return {
    file: posix.join(posix.dirname(path), filename.split(/[\\/]/).at(-1)!),
    width: numberIn(size, 'width', file),
    height: numberIn(size, 'height', file),
    boxes: boxes.map((object) => boxOf(object, file)),
    rest,
  };
}

/** Texts to compare elements by. */
function xmlOf(each: XmlElement): string {
  return xmlText(each).trim();
}

function boxOf(object: XmlElement, file: string): LabelledBox {
  const label = childText(object, 'name');
  if (!label) throw new UserError(`${file}, line ${object.line}: the object has no name.`);
  const [bndbox] = childrenOf(object, 'bndbox');
  const box = sides.map((side) => numberIn(bndbox, side, file)) as unknown as Xyxy;
  const pose = childText(object, 'pose');
  const set = flags.filter((flag) => /^(1|true)$/i.test(childText(object, flag)?.trim() ?? ''));
  const attributes: Attributes = {
    ...(pose && pose !== unspecified && { pose }),
    ...Object.fromEntries(set.map((flag) => [flag, true])),
  };
  const known = ['name', 'bndbox', 'pose', ...flags];
  const elements = childrenOf(object).filter(({ name }) => !known.includes(name));
  const isExact = roundedBox(box).every((side, i) => side === box[i]);
  const rest = {
    ...(elements.length > 0 && { elements: elements.map(bare) }),
    ...(!isExact && { exact: true }),
  };
  return {
    label,
    box,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

function numberIn(parent: XmlElement, name: string, file: string): number {
  const [child] = childrenOf(parent, name);
  const text = child && textOf(child).trim();
  const value = text ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const what = text === undefined ? 'is missing' : `is no number: "${text}"`;
  throw new UserError(`${file}, line ${(child ?? parent).line}: ${name} ${what}.`);
}

function annotationOf(image: LabelledImage, set: Pick<LabelSet, 'format'>): XmlElement {
  const rest = restIn('voc', set);
  const { size, elements, attributes } = rest(image) as {
    size?: XmlElement[];
    elements?: XmlElement[];
    attributes?: Record<string, string>;
  };
  const folder = posix.dirname(image.file);
  const others = elements ?? (folder === '.' ? [] : [element('folder', {}, folder)]);
  const isFolderElement = ({ name }: XmlElement) => name === 'folder';
  return element(
    'annotation',
    attributes,
    ...others.filter(isFolderElement),
    element('filename', {}, posix.basename(image.file)),
    ...others.filter((each) => !isFolderElement(each)),
    element(
      'size',
      {},
      element('width', {}, String(image.width)),
      element('height', {}, String(image.height)),
      ...(size ?? [element('depth', {}, '3')]),
    ),
    ...image.boxes.map((box) => objectOf(box, rest(box))),
  );
}

function objectOf(
  { label, box, attributes = {} }: LabelledBox,
  rest: Readonly<Record<string, unknown>>,
): XmlElement {
  const corners = rest.exact ? box : roundedBox(box);
  const flag = (name: string) => element(name, {}, isSet(attributes[name]) ? '1' : '0');
  return element(
    'object',
    {},
    element('name', {}, label),
    element('pose', {}, String(attributes.pose ?? unspecified)),
    flag('truncated'),
    // Not in VOC's older files: written where it says something.
    ...(isSet(attributes.occluded) ? [flag('occluded')] : []),
    flag('difficult'),
    element('bndbox', {}, ...sides.map((side, i) => element(side, {}, String(corners[i])))),
    ...elementsIn(rest),
  );
}

function isSet(value: string | number | boolean | undefined): boolean {
  return value === true || value === 1 || value === '1' || value === 'true';
}
