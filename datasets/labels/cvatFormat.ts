import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';
import { readText } from '../../src/files/textFile.js';
import { namedCategories } from './categories.js';
import type { ReadImage, ReadSet } from './checkedSet.js';
import { CvatDeclarations } from './cvatDeclarations.js';
import {
  boxOfShape,
  type CvatFile,
  isObject,
  numberIn,
  shapeOfBox,
  valuesOf,
} from './cvatShapes.js';
import { imagesOfTracks } from './cvatTracks.js';
import { cvatFileIn, picturesBeside } from './exportFolders.js';
import { isFolder, writeNamed } from './labelFiles.js';
import { type LabelFormatDefinition, type ReadContext, restIn } from './labelFormat.js';
import type { LabelledBox, LabelSet } from './labelSet.js';
import { interleave, type Placed } from './placed.js';
import { bare, childrenOf, element, parseXml, type XmlElement, xmlText } from './xml.js';

/**
 * "CVAT for images 1.1"; "for video" is read. A score is an attribute of the box, declared on its label, and the
 * box's source is then "auto"; other boxes are "manual". Shapes other than boxes, polygons and masks are kept.
 */
export const cvatFormat: LabelFormatDefinition = {
  name: 'cvat',
  folder: false,
  extension: '.xml',
  scores: true,
  outlines: ['polygon', 'polygon of several parts', 'rotated box', 'mask'],
  read: readCvat,
  pieces: cvatPieces,
  write: (set, output) => writeNamed(output, cvatPieces(set)),
  shapes: ({ rest }) => shapesIn(rest).map(({ value }) => value.name),
};

function shapesIn(rest: Readonly<Record<string, unknown>> | undefined): Placed<XmlElement>[] {
  return (rest?.shapes as Placed<XmlElement>[] | undefined) ?? [];
}

/** @param path the file, or the folder of an unpacked archive with annotations.xml */
async function readCvat(path: string, { pictures, notes }: ReadContext): Promise<ReadSet> {
  const file = (await isFolder(path)) ? cvatFileIn(path) : path;
  if (file === undefined) throw new UserError(`${path} has no annotations.xml.`);
  pictures.suggest(picturesBeside(file));
  const root = parseXml(await readText(file), file);
  if (root.name !== 'annotations') {
    throw new UserError(`${file} is not of CVAT: it holds <${root.name}>, not <annotations>.`);
  }
  const [meta] = childrenOf(root, 'meta');
  const declared = new CvatDeclarations(meta);
  const hasTracks = childrenOf(root, 'track').length > 0;
  const images = [
    ...childrenOf(root, 'image').map((image) => imageOf(image, { file, declared, notes })),
    ...(hasTracks ? imagesOfTracks(root, { file, declared, notes }) : []),
  ];
  const known = ['version', 'meta', 'image', 'track'];
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

function imageOf(image: XmlElement, from: CvatFile): ReadImage {
  const { file } = from;
  const { name, width: _, height: __, ...others } = image.attributes;
  if (!name) throw new UserError(`${file}, line ${image.line}: the image has no name.`);
  const side = (key: string) =>
    image.attributes[key]?.trim() ? numberIn(image, key, file) : undefined;
  const size = { width: side('width'), height: side('height') };
  const boxes: LabelledBox[] = [];
  const shapes: Placed<XmlElement>[] = [];
  for (const shape of childrenOf(image)) {
    if (isObject(shape)) boxes.push(boxOfShape(shape, from, size));
    else shapes.push({ after: boxes.length, value: bare(shape) });
  }
  const rest = { ...others, ...(shapes.length > 0 && { shapes }) };
  return {
    file: name,
    ...size,
    boxes,
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

function* cvatPieces(set: LabelSet): Generator<string> {
  const rest = restIn('cvat', set);
  const { meta, elements = [] } = rest(set) as { meta?: XmlElement; elements?: XmlElement[] };
  const declared = new CvatDeclarations(meta);
  for (const { name } of set.categories) declared.addLabel(name);
  let next = 0;
  for (const image of set.images) {
    const { id } = rest(image);
    next = Math.max(next, decimalNumber(String(id ?? -1)) + 1 || 0);
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
    const written = boxes.map((box) => shapeOfBox(box, rest(box)));
    const children = interleave(written, shapes as Placed<XmlElement>[] | undefined);
    yield xmlText(element('image', attributes, ...children), 1);
  }
  yield '</annotations>\n';
}
