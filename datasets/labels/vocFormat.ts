import { posix } from 'node:path';
import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';
import { readText } from '../../src/files/textFile.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { namedCategories } from './categories.js';
import type { ReadImage, ReadSet } from './checkedSet.js';
import { labelFolderOf, picturesBeside } from './exportFolders.js';
import { isFolder, labelPath, listFiles, writeLabelFiles } from './labelFiles.js';
import {
  type LabelFormatDefinition,
  type LabelWriteOptions,
  type ReadContext,
  restIn,
} from './labelFormat.js';
import type { Attributes, LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import { roundedBox } from './numbers.js';
import { vocPicture } from './vocPicture.js';
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
const withoutBox = 'object without a box';

/**
 * Pascal VOC: a file of XML for each picture. Boxes are in pixels from 0, as CVAT, labelImg and most others
 * have them; with `vocFrom1` from 1, as VOC's own files and supervision's have them.
 */
export const vocFormat: LabelFormatDefinition = {
  name: 'voc',
  folder: true,
  extension: '.xml',
  scores: false,
  attributes: ['pose', ...flags],
  read: readVoc,
  write: (set, output, options) => writeLabelFiles(vocFormat.fileOf!, set, output, options),
  fileOf: (image, set, { sameStem, ...options } = {}) => ({
    path: labelPath(image.file, '.xml', sameStem),
    text: xmlText(annotationOf(image, set, options)),
  }),
  shapes: ({ boxes, rest }) => [
    ...boxes.flatMap((box) => elementsIn(box.rest).flatMap(partName)),
    ...elementsIn(rest)
      .filter(({ name }) => name === 'object')
      .map(() => withoutBox),
  ],
};

function partName({ name }: XmlElement): string[] {
  return ['part', 'polygon', 'point'].includes(name) ? [name] : [];
}

function elementsIn(rest: Readonly<Record<string, unknown>> | undefined): XmlElement[] {
  return (rest?.elements as XmlElement[] | undefined) ?? [];
}

/** @param path a file, the folder of annotations, or the data set's with a folder of them, such as Annotations */
async function readVoc(path: string, context: ReadContext): Promise<ReadSet> {
  const isWhole = await isFolder(path);
  const folder = isWhole ? path : posix.dirname(path);
  const files = isWhole
    ? await listFiles(folder, /\.xml$/i, context.notes)
    : [posix.basename(path)];
  const inside = labelFolderOf(files);
  context.pictures.suggest(picturesBeside(path));
  const images: ReadImage[] = [];
  for (const file of files) {
    const where = posix.join(folder, file);
    images.push(
      imageOf(parseXml(await readText(where), where), { file, inside, where, ...context }),
    );
  }
  if (images.length === 0) throw new UserError(`${path} has no files of XML.`);
  return { categories: namedCategories(images), images, format: 'voc' };
}

interface Place extends ReadContext {
  /** The file inside the folder that is read. */
  file: string;
  /** The folder of labels in it, if it is not that itself. */
  inside?: string;
  where: string;
}

/** Without the blanks at the ends, where they break lines. */
function withoutLineBreaks(text: string): string {
  const inner = text.trim();
  const start = text.indexOf(inner);
  const kept = (blanks: string) => (blanks.includes('\n') ? '' : blanks);
  return kept(text.slice(0, start)) + inner + kept(text.slice(start + inner.length));
}

function imageOf(
  root: XmlElement,
  { file: path, inside, where: file, ...context }: Place,
): ReadImage {
  if (root.name !== 'annotation') {
    throw new UserError(`${file} is not of Pascal VOC: it holds <${root.name}>, not <annotation>.`);
  }
  const nameIn = (child: string) => withoutLineBreaks(childText(root, child) ?? '') || undefined;
  const names = { folder: nameIn('folder'), filename: nameIn('filename'), path: nameIn('path') };
  const [size] = childrenOf(root, 'size');
  const depth = size
    ? childrenOf(size).filter(({ name }) => name !== 'width' && name !== 'height')
    : [];
  const isBox = (child: XmlElement) =>
    child.name === 'object' && childrenOf(child, 'bndbox').length > 0;
  const boxes = childrenOf(root).filter(isBox);
  context.notes.passOver(withoutBox, childrenOf(root, 'object').length - boxes.length);
  const rest = {
    ...(size && depth.map(xmlOf).join('') !== '<depth>3</depth>' && { size: depth.map(bare) }),
    elements: childrenOf(root)
      .filter((child) => !isBox(child) && !['filename', 'size'].includes(child.name))
      .map(bare),
    ...(Object.keys(root.attributes).length > 0 && { attributes: root.attributes }),
  };
  return {
    file: vocPicture({ file: path, inside, ...names }, context.pictures),
    from: file,
    ...(size && { width: sideOf(size, 'width', file), height: sideOf(size, 'height', file) }),
    boxes: boxes.map((object) => boxOf(object, file, context)),
    rest,
  };
}

/** Texts to compare elements by. */
function xmlOf(each: XmlElement): string {
  return xmlText(each).trim();
}

function boxOf(object: XmlElement, file: string, { vocFrom1 }: ReadContext): LabelledBox {
  const label = childText(object, 'name');
  if (!label) throw new UserError(`${file}, line ${object.line}: the object has no name.`);
  const [bndbox] = childrenOf(object, 'bndbox');
  const written = sides.map((side) => numberIn(bndbox, side, file)) as unknown as Xyxy;
  const box = vocFrom1 ? from0(written) : written;
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

/**
 * A box whose pixels count from 1, as this project counts. VOC names the last pixel of a box, which counted from 1 is
 * the edge behind it counted from 0: only the first ones move.
 */
function from0(box: Xyxy): Xyxy {
  const [x1, y1, x2, y2] = box;
  const ordered = (a: number, b: number) => (plus(a, -1) <= b ? [a, b] : [b, a]);
  const [[left, right], [top, bottom]] = [ordered(x1, x2), ordered(y1, y2)];
  return [plus(left, -1), plus(top, -1), right, bottom];
}

function from1([x1, y1, x2, y2]: Xyxy): Xyxy {
  return [plus(x1, 1), plus(y1, 1), x2, y2];
}

/** Without the noise of adding to a fraction. */
function plus(side: number, by: number): number {
  return Number((side + by).toPrecision(15)) + 0;
}

/** Undefined where nothing is written. */
function sideOf(size: XmlElement, name: string, file: string): number | undefined {
  return childText(size, name)?.trim() ? numberIn(size, name, file) : undefined;
}

function numberIn(parent: XmlElement, name: string, file: string): number {
  const [child] = childrenOf(parent, name);
  const text = child && textOf(child).trim();
  const value = decimalNumber(text ?? '');
  if (!Number.isNaN(value)) return value;
  const what = text === undefined ? 'is missing' : `is no number: "${text}"`;
  throw new UserError(`${file}, line ${(child ?? parent).line}: ${name} ${what}.`);
}

function annotationOf(
  image: LabelledImage,
  set: Pick<LabelSet, 'format'>,
  options: LabelWriteOptions,
): XmlElement {
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
    ...image.boxes.map((box) => objectOf(box, rest(box), options)),
  );
}

function objectOf(
  { label, box, attributes = {} }: LabelledBox,
  rest: Readonly<Record<string, unknown>>,
  { vocFrom1 }: LabelWriteOptions,
): XmlElement {
  const counted = rest.exact ? box : roundedBox(box);
  const corners = vocFrom1 ? from1(counted) : counted;
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
