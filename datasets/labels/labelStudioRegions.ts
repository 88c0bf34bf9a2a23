import { createHash } from 'node:crypto';
import { UserError } from '../../src/errors.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { asScore, splitAttributes } from './attributes.js';
import { insideBox } from './checkedSet.js';
import type { LabelStudioNames } from './labelFormat.js';
import type { LabelledBox, LabelledImage } from './labelSet.js';
import { originalBox, rounded, shareDecimals } from './numbers.js';
import type { Size } from './pictureSizes.js';

type Fields = Readonly<Record<string, unknown>>;

/** What Label Studio has of a shape, of a shape's labels, or of another answer. */
export type Region = Fields;

/** Sides in percent of the picture's, and degrees clockwise around the first corner. */
export interface Percent {
  x: number;
  y: number;
  width: number;
  height: number;
  rotation?: number;
}

/** A region as it was read: a box, or what is none. What belongs to another region is of no kind. */
export type ReadRegion = { box: LabelledBox } | { region: Region; kind?: string };

/** Percent beyond which a side is a mistake. */
const mostPercent = 1000;
/** Degrees that a quarter turn may be off. */
const mostTilt = 1e-3;

/**
 * The regions of an answer, in its order. Boxes are those of RectangleLabels and of Labels; the Rectangle that draws a
 * box of Labels has the same id and is no region of its own here.
 * @param options.size of the picture.
 * @param options.isModels whether a model gave the answer, so that its boxes have scores.
 * @param options.where its place, for messages.
 * @param options.passOver tells of a region that is not to be read, and what it is.
 * @throws UserError for sides that are no percentages
 */
export function readRegions(
  regions: readonly Region[],
  {
    size,
    isModels,
    where,
    passOver,
  }: {
    size: Size;
    isModels: boolean;
    where: string;
    passOver?(region: Region): { kind?: string } | undefined;
  },
): ReadRegion[] {
  const namesakes = byId(regions);
  const used = new Set<Region>();
  const read = regions.map((region): ReadRegion | undefined => {
    const passed = passOver?.(region);
    if (passed) return { region, ...passed };
    const labels = labelsOf(region);
    if (!labels) return undefined;
    const others = namesakes(region);
    // It goes with the first of several labels.
    const rectangle = others.find((other) => other.type === 'rectangle' && !used.has(other));
    const bounds = boundsIn(region, where) ?? (rectangle && boundsIn(rectangle, where));
    if (!bounds) {
      const isOfShape = others.some(({ type }) => type !== 'labels' && type !== 'rectangle');
      return { region, ...(!isOfShape && { kind: nameOf(region, 'region without a place') }) };
    }
    const turned = boxOf(bounds, size);
    if (!turned) return { region, kind: 'rotated box' };
    const box = insideBox(turned, size);
    if (!box) return { region, kind: 'box without an area' };
    if (rectangle) used.add(rectangle);
    return { box: boxOfRegion(region, { labels, bounds, box, size, isModels, rectangle }) };
  });
  return regions.flatMap((region, i): ReadRegion[] => {
    if (used.has(region)) return [];
    if (read[i]) return [read[i]];
    const isOfLabels = isRectangle(region) && namesakes(region).some(hasLabels);
    return [{ region, ...(!isOfLabels && { kind: nameOf(region, 'region without a label') }) }];
  });
}

/** The other regions of the same id. */
function byId(regions: readonly Region[]): (region: Region) => Region[] {
  const groups = new Map<unknown, Region[]>();
  for (const region of regions) {
    groups.set(region.id, [...(groups.get(region.id) ?? []), region]);
  }
  return (region) =>
    region.id == null ? [] : groups.get(region.id)!.filter((other) => other !== region);
}

/** By types without "labels". */
const shapes: Readonly<Record<string, string>> = {
  ...{ brush: 'brush mask', bitmask: 'brush mask', choices: 'choice', textarea: 'text' },
};

/**
 * What a region that is no box is called.
 * @param rectangle what it is where it could be a box
 */
function nameOf(region: Region, rectangle: string): string {
  const fields = asFields(region.value);
  if (isRectangle(region)) return rectangle;
  const shape = typeOf(region);
  if (shape !== '') return shapes[shape] ?? shape;
  if ('points' in fields) return 'polygon';
  if ('rle' in fields) return 'brush mask';
  return 'radiusX' in fields ? 'ellipse' : rectangle;
}

function isRectangle(region: Region): boolean {
  return typeOf(region) === 'rectangle';
}

/** "polygon" of "polygonlabels"; "" of "labels", which are of any shape. */
function typeOf({ type }: Region): string {
  return String(type ?? '')
    .toLowerCase()
    .replace(/labels$/, '');
}

/** The key of a box's labels: that of RectangleLabels, or of Labels. */
export type LabelsKey = 'rectanglelabels' | 'labels';

function keyOf(value: Fields): LabelsKey {
  return 'rectanglelabels' in value ? 'rectanglelabels' : 'labels';
}

/** The names that boxes of RectangleLabels or Labels have; undefined where there are none. */
function labelsOf({ value }: Region): string[] | undefined {
  const fields = asFields(value);
  const labels = fields[keyOf(fields)];
  if (!Array.isArray(labels)) return undefined;
  const names = labels.filter(
    (label): label is string => typeof label === 'string' && label !== '',
  );
  return names.length > 0 ? names : undefined;
}

/** Whether a region gives a box its label. */
export function hasLabels(region: Region): boolean {
  return labelsOf(region) !== undefined;
}

function boundsIn({ value }: Region, where: string): Percent | undefined {
  const { x, y, width, height, rotation } = asFields(value);
  const sides = [x, y, width, height];
  if (!sides.every((side): side is number => Number.isFinite(side))) return undefined;
  const wrong = sides.find((side) => Math.abs(side) > mostPercent);
  if (wrong !== undefined) {
    throw new UserError(`${where}: a region has a side at ${wrong} percent of its picture.`);
  }
  const turn = typeof rotation === 'number' ? { rotation } : {};
  return { ...({ x, y, width, height } as Percent), ...turn };
}

function boxOfRegion(
  region: Region,
  read: {
    labels: readonly string[];
    bounds: Percent;
    box: Xyxy;
    size: Size;
    isModels: boolean;
    rectangle?: Region;
  },
): LabelledBox {
  const { labels, bounds, box, size } = read;
  const { score, meta, type: _, value, ...others } = region;
  const fields = asFields(value);
  const { x, y, width, height, rotation, rectanglelabels, labels: __, ...values } = fields;
  const { rotation: ___, ...sides } = bounds;
  const isExact = !rotation && JSON.stringify(boundsOf(box, size)) === JSON.stringify(sides);
  const attributes = splitAttributes(asFields(meta));
  const found = read.isModels ? asScore(score) : undefined;
  const pair = read.rectangle && pairOf(read.rectangle, region);
  return {
    label: labels[0],
    box,
    ...(found !== undefined && { score: found }),
    ...(attributes.attributes && { attributes: attributes.attributes }),
    rest: {
      ...withoutUsual(others, size),
      ...(keyOf(fields) === 'labels' && { key: 'labels' }),
      ...(pair && { rectangle: pair }),
      ...(labels.length > 1 && { labels }),
      ...(Object.keys(values).length > 0 && { values }),
      ...(attributes.others && { meta: attributes.others }),
      ...(found === undefined && score !== undefined && { score }),
      ...(!isExact && { bounds }),
    },
  };
}

/** Without what is written of every box anyway. */
function withoutUsual(fields: Fields, { width, height }: Size): Fields {
  const { original_width, original_height, image_rotation, ...others } = fields;
  const isOther =
    originalSize(fields) !== undefined && !(original_width === width && original_height === height);
  return {
    ...(isOther && { original_width, original_height }),
    ...(image_rotation ? { image_rotation } : {}),
    ...others,
  };
}

/** What a rectangle says that its labels do not. */
function pairOf(rectangle: Region, labels: Region): Fields {
  const own = Object.entries(rectangle).filter(
    ([key, value]) => key !== 'value' && JSON.stringify(labels[key]) !== JSON.stringify(value),
  );
  return Object.fromEntries(own);
}

/** The size of the picture that a region was drawn in; undefined where it does not say. */
export function originalSize({
  original_width: width,
  original_height: height,
}: Region): Size | undefined {
  const isSide = (side: unknown): side is number => Number.isFinite(side) && (side as number) > 0;
  return isSide(width) && isSide(height) ? { width, height } : undefined;
}

/**
 * Corners in pixels, in any order.
 * @returns undefined for a box that is turned by other than quarters.
 */
export function boxOf(
  { x, y, width: w, height: h, rotation = 0 }: Percent,
  { width, height }: Size,
): Xyxy | undefined {
  const across = width / 100;
  const down = height / 100;
  const quarters = Math.round(rotation / 90);
  if (Math.abs(rotation - quarters * 90) > mostTilt) return undefined;
  const quarter = ((quarters % 4) + 4) % 4;
  if (quarter === 0) return [x * across, y * down, (x + w) * across, (y + h) * down];
  const [left, top, wide, high] = [x * across, y * down, w * across, h * down];
  const [toX, toY] = [
    [wide, high],
    [-high, wide],
    [-wide, -high],
    [high, -wide],
  ][quarter];
  return [left, top, left + toX, top + toY];
}

/**
 * The regions of a box: one or, where Labels are for a Rectangle, two.
 * @param index of the box in its picture
 * @param rest of the box, in Label Studio's terms
 */
export function regionsOf(
  { label, box, score, attributes }: LabelledBox,
  { file, width, height }: LabelledImage,
  index: number,
  rest: Fields,
  { fromName = 'label', toName = 'image', rectangle: tool }: LabelStudioNames,
): Region[] {
  const { key, rectangle, labels, values, meta, bounds, id, ...fields } = rest;
  const isNew = id === undefined && fields.from_name === undefined;
  const isOfTool = isNew ? tool !== undefined : key === 'labels';
  const pair = isNew ? tool && { from_name: tool } : rectangle;
  const isSame = (labels as string[] | undefined)?.[0] === label;
  const size = { width, height };
  const original = originalBox<Percent>(bounds, box, (each) => {
    const read = boxOf(each, size);
    return read && insideBox(read, size);
  });
  const allMeta = { ...attributes, ...(meta as Fields) };
  const place = { rotation: 0, ...(original ?? boundsOf(box, size)) };
  const common = {
    id: id ?? regionId(file, label, index),
    ...{ from_name: fromName, to_name: toName, original_width: width, original_height: height },
    image_rotation: 0,
    ...(score !== undefined && { score }),
    ...(Object.keys(allMeta).length > 0 && { meta: allMeta }),
    ...fields,
  };
  const region = {
    ...common,
    type: isOfTool ? 'labels' : 'rectanglelabels',
    value: {
      ...place,
      [isOfTool ? 'labels' : 'rectanglelabels']: isSame ? labels : [label],
      ...(values as Fields),
    },
  };
  if (!pair) return [region];
  return [{ ...common, type: 'rectangle', ...(pair as Fields), value: place }, region];
}

/** The same for the same box in every run, and different from that of every other. */
function regionId(file: string, label: string, index: number): string {
  const content = JSON.stringify([file, label, index]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 12);
}

/** Sides in percent of an upright box. */
export function boundsOf([x1, y1, x2, y2]: Xyxy, { width, height }: Size): Percent {
  const x = rounded((x1 / width) * 100, shareDecimals);
  const y = rounded((y1 / height) * 100, shareDecimals);
  return {
    x,
    y,
    width: rounded((x2 / width) * 100 - x, shareDecimals),
    height: rounded((y2 / height) * 100 - y, shareDecimals),
  };
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}
