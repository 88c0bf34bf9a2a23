import { createHash } from 'node:crypto';
import { groupBy } from '../../src/groupBy.js';
import { asScore, splitAttributes, without } from './attributes.js';
import { insideBox } from './checkedSet.js';
import type { LabelStudioNames } from './labelFormat.js';
import type { LabelledBox, LabelledImage } from './labelSet.js';
import { locate, type Place, placeIn, placeOf } from './labelStudioPlaces.js';
import { originalBox } from './numbers.js';
import type { Size } from './pictureSizes.js';
import type { ReadingNotes } from './readingNotes.js';

type Fields = Readonly<Record<string, unknown>>;

/** What Label Studio has of a shape, of a shape's labels, or of another answer. */
export type Region = Fields;

/** A region as it was read: a box, or what is none. What belongs to another region is of no kind. */
export type ReadRegion = { box: LabelledBox } | { region: Region; kind?: string };

/**
 * The regions of an answer, in its order. Boxes are those of RectangleLabels, PolygonLabels and Labels; the Rectangle or
 * Polygon that draws a box of Labels has the same id and is no region of its own here.
 * @param options.size of the picture.
 * @param options.isModels whether a model gave the answer, so that its boxes have scores.
 * @param options.where its place, for messages.
 * @param options.notes is told of what should be a box and is none, and of scores that are none.
 * @param options.passOver tells of a region that is not to be read, and what it is.
 * @throws UserError for sides that are no percentages
 */
export function readRegions(
  regions: readonly Region[],
  {
    size,
    isModels,
    where,
    notes,
    passOver,
  }: {
    size: Size;
    isModels: boolean;
    where: string;
    notes: ReadingNotes;
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
    const tool = others.find((other) => isTool(other) && !used.has(other));
    const place =
      placeIn(asFields(region.value), where) ?? (tool && placeIn(asFields(tool.value), where));
    if (!place) {
      const isOfShape = others.some((other) => typeOf(other) !== '' && !isRectangle(other));
      if (isOfShape) return { region };
      const kind = nameOf(region, withoutPlace);
      if (kind === withoutPlace) notes.passOver(kind);
      return { region, kind };
    }
    const { box: around, outline } = locate(place, size);
    const box = insideBox(around, size);
    if (!box) {
      notes.passOver(withoutArea);
      return { region, kind: withoutArea };
    }
    if (tool) used.add(tool);
    return {
      box: boxOfRegion(region, { labels, place, box, outline, size, isModels, notes, tool }),
    };
  });
  return regions.flatMap((region, i): ReadRegion[] => {
    if (used.has(region)) return [];
    if (read[i]) return [read[i]];
    const isOfLabels = isTool(region) && namesakes(region).some(hasLabels);
    return [{ region, ...(!isOfLabels && { kind: nameOf(region, 'region without a label') }) }];
  });
}

const withoutPlace = 'region without a place';
const withoutArea = 'box without an area';

/** The other regions of the same id. */
function byId(regions: readonly Region[]): (region: Region) => Region[] {
  const groups = groupBy(regions, ({ id }) => id);
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

/** Whether it draws the boxes of Labels. */
function isTool({ type }: Region): boolean {
  return type === 'rectangle' || type === 'polygon';
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

const labelKeys = ['rectanglelabels', 'polygonlabels', 'labels'] as const;

/** What a region's labels are called: those of RectangleLabels, PolygonLabels or Labels. */
type LabelsKey = (typeof labelKeys)[number];

function keyOf(value: Fields): LabelsKey {
  return labelKeys.find((key) => key in value) ?? 'labels';
}

/** The names that boxes have; undefined where there are none. */
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

function boxOfRegion(
  region: Region,
  read: Pick<LabelledBox, 'box' | 'outline'> & {
    labels: readonly string[];
    place: Place;
    size: Size;
    isModels: boolean;
    notes: ReadingNotes;
    tool?: Region;
  },
): LabelledBox {
  const { labels, place, box, outline, size, tool } = read;
  const { score, meta, type: _, value, ...others } = region;
  const fields = asFields(value);
  const key = keyOf(fields);
  const values = without(fields, key, ...Object.keys(place), 'rotation');
  const written = { ...place, ...(!('points' in place) && { rotation: place.rotation ?? 0 }) };
  const isExact = JSON.stringify(placeOf(box, outline, size)) === JSON.stringify(written);
  const attributes = splitAttributes(asFields(meta));
  const found = read.isModels ? asScore(score, read.notes) : undefined;
  return {
    label: labels[0],
    box,
    ...(outline && { outline }),
    ...(found !== undefined && { score: found }),
    ...(attributes.attributes && { attributes: attributes.attributes }),
    rest: {
      ...withoutUsual(others, size),
      ...(key !== 'rectanglelabels' && { key }),
      ...(tool && { tool: ownOf(tool, region) }),
      ...(labels.length > 1 && { labels }),
      ...(values && { values }),
      ...(attributes.others && { meta: attributes.others }),
      ...(found === undefined && score !== undefined && { score }),
      ...(!isExact && { place }),
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

/** What a tool says that its labels do not, and which it is. */
function ownOf(tool: Region, labels: Region): Fields {
  const own = Object.entries(tool).filter(
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

/** The name of the PolygonLabels for polygons that are new. */
export function polygonName({ fromName = 'label' }: LabelStudioNames): string {
  return `${fromName}_polygon`;
}

/**
 * The regions of a box: one or, where Labels are for a Rectangle or a Polygon, two.
 * @param index of the box in its picture
 * @param rest of the box, in Label Studio's terms
 */
export function regionsOf(
  box: LabelledBox,
  { file, width, height }: LabelledImage,
  index: number,
  rest: Fields,
  names: LabelStudioNames,
): Region[] {
  const { label, score, attributes } = box;
  const {
    labels,
    values,
    meta,
    id,
    key: _,
    tool: __,
    place: ___,
    from_name: ____,
    ...fields
  } = rest;
  const size = { width, height };
  const place =
    originalPlace(rest.place as Place | undefined, box, size) ??
    placeOf(box.box, box.outline, size);
  const { key, fromName, tool } = tagsOf(label, place, rest, names);
  const isSame = (labels as string[] | undefined)?.[0] === label;
  const allMeta = { ...attributes, ...(meta as Fields) };
  const value = { ...(!('points' in place) && { rotation: 0 }), ...place };
  const common = {
    ...{
      id: id ?? regionId(file, label, index),
      from_name: fromName,
      to_name: names.toName ?? 'image',
    },
    ...{ original_width: width, original_height: height, image_rotation: 0 },
    ...(score !== undefined && { score }),
    ...(Object.keys(allMeta).length > 0 && { meta: allMeta }),
    ...fields,
  };
  const region = {
    ...{ ...common, type: key },
    value: { ...value, [key]: isSame ? labels : [label], ...(values as Fields) },
  };
  return tool ? [{ ...common, ...tool, value }, region] : [region];
}

/** The tags that a box is of: its own, unless it has become a rectangle or is new. */
function tagsOf(
  label: string,
  place: Place,
  { key: ownKey = 'rectanglelabels', tool, from_name }: Fields,
  names: LabelStudioNames,
): { key: LabelsKey; fromName: unknown; tool?: Fields } {
  const isPolygon = 'points' in place;
  const type = isPolygon ? 'polygon' : 'rectangle';
  const further = names.furtherTags?.find(({ labels }) => labels.includes(label));
  const { fromName = 'label', rectangle } = further ?? names;
  const fits =
    ownKey === 'labels'
      ? tool === undefined || (tool as Fields).type === type
      : ownKey === `${type}labels`;
  if (from_name !== undefined && fits) {
    return {
      key: ownKey as LabelsKey,
      fromName: from_name,
      ...(tool ? { tool: tool as Fields } : {}),
    };
  }
  if (isPolygon) return { key: 'polygonlabels', fromName: polygonName(names) };
  if (rectangle === undefined) return { key: 'rectanglelabels', fromName };
  return { key: 'labels', fromName, tool: { type, from_name: rectangle } };
}

/** Where the file has a box, so that it is written again to the last digit; undefined once it was moved. */
function originalPlace(
  place: Place | undefined,
  { box, outline }: LabelledBox,
  size: Size,
): Place | undefined {
  return originalBox<Place>(place, box, (each) => {
    const read = locate(each, size);
    const isSame = JSON.stringify(read.outline) === JSON.stringify(outline);
    return isSame ? insideBox(read.box, size) : undefined;
  });
}

/** The same for the same box in every run, and different from that of every other. */
function regionId(file: string, label: string, index: number): string {
  const content = JSON.stringify([file, label, index]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 12);
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}
