import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';
import { type Xyxy, xywhToXyxy } from '../../src/geometry/boxes.js';
import { asScore } from './attributes.js';
import { bboxOf } from './cocoSegmentation.js';
import type { CvatDeclarations } from './cvatDeclarations.js';
import { type CvatMask, cvatMaskOf, outlineOfCvatMask } from './cvatMask.js';
import type { Attributes, LabelledBox } from './labelSet.js';
import { originalBox, rounded, roundedBox } from './numbers.js';
import { boundsOf, cornersOf, type Outline, type Point } from './outline.js';
import type { Size } from './pictureSizes.js';
import type { ReadingNotes } from './readingNotes.js';
import { bare, childrenOf, element, textOf, type XmlElement } from './xml.js';

const corners = ['xtl', 'ytl', 'xbr', 'ybr'] as const;
const maskFields = ['rle', 'left', 'top', 'width', 'height'] as const;

type Texts = Readonly<Record<string, string>>;

/** Where a shape is. */
interface Place {
  box: Xyxy;
  outline?: Outline;
}

/** The file that a shape is in. */
export interface CvatFile {
  /** Its path, for messages. */
  file: string;
  declared: CvatDeclarations;
  notes: ReadingNotes;
}

/** The fields of a shape that say where it is; undefined for shapes that are no boxes, polygons or masks. */
function placeFields({ name, attributes }: XmlElement): Texts | undefined {
  const fields: Record<string, readonly string[]> = {
    box: [...corners, ...(decimalNumber(attributes.rotation ?? '0') === 0 ? [] : ['rotation'])],
    polygon: ['points'],
    mask: maskFields,
  };
  if (!Object.hasOwn(fields, name)) return undefined;
  return Object.fromEntries(fields[name].map((field) => [field, attributes[field]]));
}

/** Whether a shape is read as a box, perhaps with an outline: boxes, polygons and masks are. */
export function isObject(shape: XmlElement): boolean {
  return placeFields(shape) !== undefined;
}

/**
 * The box of a shape.
 * @param size of the picture, which a mask needs.
 * @param label of a track, whose boxes have none.
 * @throws UserError naming the line
 */
export function boxOfShape(
  shape: XmlElement,
  { declared, file, notes }: CvatFile,
  size: Partial<Size>,
  label: string | undefined = shape.attributes.label,
): LabelledBox {
  const { label: _, occluded, ...fields } = shape.attributes;
  if (!label) {
    throw new UserError(`${file}, line ${shape.line}: the ${shape.name} has no label.`);
  }
  const texts = placeFields(shape)!;
  const others = Object.entries(fields).filter(([name]) => !Object.hasOwn(texts, name));
  const place = placeOf(shape, file, size);
  const elements = childrenOf(shape).filter(({ name }) => name !== 'attribute');
  const rest = {
    ...Object.fromEntries(others),
    ...(elements.length > 0 && { elements: elements.map(bare) }),
    ...(!isWritten(texts, place) && { place: { name: shape.name, texts, box: place.box } }),
  };
  return {
    label,
    ...place,
    ...attributesOf(shape, label, declared, notes),
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

/** The attributes of a shape; a score is one of them, and being occluded a field. */
function attributesOf(
  shape: XmlElement,
  label: string,
  declared: CvatDeclarations,
  notes: ReadingNotes,
): Pick<LabelledBox, 'score' | 'attributes'> {
  const values = childrenOf(shape, 'attribute').map((attribute) => {
    const { name = '' } = attribute.attributes;
    return [name, declared.read(label, name, textOf(attribute))] as const;
  });
  const { score: found, ...attributes }: Attributes = {
    ...(shape.attributes.occluded === '1' && { occluded: true }),
    ...Object.fromEntries(values),
  };
  const score = asScore(typeof found === 'string' ? decimalNumber(found) : found, notes);
  const all: Attributes = {
    ...attributes,
    ...(score === undefined && found !== undefined && { score: found }),
  };
  return {
    ...(score !== undefined && { score }),
    ...(Object.keys(all).length > 0 && { attributes: all }),
  };
}

function placeOf(shape: XmlElement, file: string, size: Partial<Size>): Place {
  if (shape.name === 'polygon') {
    const points = pointsOf(shape, file);
    return { box: boundsOf(points), outline: { kind: 'polygon', parts: [points] } };
  }
  const number = (field: string) => numberIn(shape, field, file);
  if (shape.name === 'mask') {
    const [left, top, width, height] = maskFields.slice(1).map(number);
    const where = `${file}, line ${shape.line}`;
    const mask = { rle: shape.attributes.rle ?? '', left, top, width, height };
    const outline = outlineOfCvatMask(mask, size, where);
    // Some write the pixels of the whole picture.
    const bounds = outline && bboxOf(outline);
    const box = xywhToXyxy(bounds ?? [left, top, width, height]);
    return { box, ...(outline && { outline }) };
  }
  const upright = corners.map(number) as unknown as Xyxy;
  const rotation = shape.attributes.rotation === undefined ? 0 : number('rotation');
  if (rotation === 0) return { box: upright };
  const rotated = { upright, angle: ((rotation % 360) + 360) % 360 };
  return { box: boundsOf(cornersOf(rotated)), outline: { kind: 'rotated box', ...rotated } };
}

function pointsOf(shape: XmlElement, file: string): Point[] {
  const points = (shape.attributes.points ?? '').split(';').map((pair) => pair.split(','));
  const isPoint = (pair: string[]) =>
    pair.length === 2 && pair.every((text) => !Number.isNaN(decimalNumber(text)));
  if (points.length >= 3 && points.every(isPoint)) {
    return points.map(([x, y]) => [decimalNumber(x), decimalNumber(y)]);
  }
  throw new UserError(
    `${file}, line ${shape.line}: points of <${shape.name}> must be three or more, as "1,2;3,4;5,6".`,
  );
}

/** @throws UserError naming the line */
export function numberIn(
  { name, attributes, line }: XmlElement,
  key: string,
  file: string,
): number {
  const text = attributes[key];
  const value = decimalNumber(text ?? '');
  if (!Number.isNaN(value)) return value;
  const what = text === undefined ? 'is missing' : `is no number: "${text}"`;
  throw new UserError(`${file}, line ${line}: ${key} of <${name}> ${what}.`);
}

/** Whether a place is written with the same numbers that were read. */
function isWritten(texts: Texts, place: Place): boolean {
  const { fields } = written(place);
  const numbers = (text: string) => text.split(/[,;]/).map(decimalNumber).join();
  return Object.entries(texts).every(
    ([field, text]) => Object.hasOwn(fields, field) && numbers(fields[field]) === numbers(text),
  );
}

/** A place as it is written, with two decimals; with all where a box would have no area otherwise. */
function written({ box, outline }: Place): { name: string; fields: Texts } {
  const number = (value: number) => rounded(value).toFixed(2);
  const side = (value: number) => (rounded(value) === value ? value.toFixed(2) : String(value));
  if (outline?.kind === 'polygon' && outline.parts.length === 1) {
    const pairs = outline.parts[0].map((point) => point.map(number).join(','));
    return { name: 'polygon', fields: { points: pairs.join(';') } };
  }
  const mask = outline && outline.kind !== 'rotated box' ? cvatMaskOf(outline, box) : undefined;
  if (mask) return { name: 'mask', fields: maskTexts(mask) };
  const rotated = outline?.kind === 'rotated box' ? outline : undefined;
  const sides = roundedBox(rotated?.upright ?? box).map(side);
  return {
    name: 'box',
    fields: {
      ...Object.fromEntries(corners.map((corner, i) => [corner, sides[i]])),
      ...(rotated && { rotation: number(rotated.angle) }),
    },
  };
}

function maskTexts(mask: CvatMask): Texts {
  return Object.fromEntries(maskFields.map((field) => [field, String(mask[field])]));
}

/**
 * The shape of a box.
 * @param rest of the box, in CVAT's terms
 */
export function shapeOfBox(
  { label, box, outline, score, attributes = {} }: LabelledBox,
  rest: Readonly<Record<string, unknown>>,
): XmlElement {
  const { source, elements = [], place, ...others } = rest;
  const { name, fields } = kept(place, box) ?? written({ box, outline });
  const all = {
    label,
    source: String(source ?? (score === undefined ? 'manual' : 'auto')),
    occluded: attributes.occluded === true ? '1' : '0',
    ...fields,
    z_order: '0',
    ...(others as Texts),
  };
  const values = Object.entries(valuesOf(attributes, score)).map(([key, value]) =>
    element('attribute', { name: key }, String(value)),
  );
  return element(name, all, ...values, ...(elements as XmlElement[]));
}

/** The fields of a place as they were read, while the box is where it was. */
function kept(place: unknown, box: Xyxy): { name: string; fields: Texts } | undefined {
  type Kept = { name: string; texts: Texts; box: Xyxy };
  const original = originalBox<Kept>(place, box, (each) => each.box);
  return original && { name: original.name, fields: original.texts };
}

/** Attributes as elements have them; being occluded is a field of the box. */
export function valuesOf(attributes: Attributes, score: number | undefined): Attributes {
  const { occluded, ...others } = attributes;
  return {
    ...others,
    ...(typeof occluded !== 'boolean' && occluded !== undefined && { occluded }),
    ...(score !== undefined && { score }),
  };
}
