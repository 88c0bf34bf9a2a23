import { z } from 'zod';
import { parseJsonText } from '../../src/files/jsonText.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { asScore, splitAttributes, without } from './attributes.js';
import type { Attributes, LabelledBox } from './labelSet.js';
import { originalBox, rounded, roundedBox } from './numbers.js';
import {
  boundsOf,
  cornersOf,
  type Outline,
  type OutlineName,
  outlineName,
  type Point,
  rotatedBoxOf,
} from './outline.js';
import type { ReadingNotes } from './readingNotes.js';

type Fields = Readonly<Record<string, unknown>>;

const position = z.number().min(-1e9).max(1e9);
const point = z.tuple([position, position]);
export const labelmeShapeSchema = z.looseObject({
  label: z.string().min(1),
  points: z.array(point),
  shape_type: z.string().nullish(),
  flags: z.record(z.string(), z.unknown()).nullish(),
  description: z.string().nullish(),
});
export type LabelmeShape = z.output<typeof labelmeShapeSchema>;

/** What labelme has shapes for, besides upright boxes. */
export const labelmeOutlines: readonly OutlineName[] = ['polygon', 'rotated box'];

/** Shapes around an object, which have a box unless they lack corners. */
const objects = ['rectangle', 'oriented_rectangle', 'rotation', 'polygon'];

/** How a shape is drawn. */
interface Drawn {
  outline?: Outline;
  /** How labelme calls a shape that is written so. */
  type: string;
}

/** X-AnyLabeling's rectangles have four points; its `rotation` is labelme's `oriented_rectangle`. */
function drawnAs({ points, shape_type: type }: LabelmeShape): Drawn | undefined {
  if (type === 'rectangle') {
    return points.length === 2 || points.length === 4 ? { type } : undefined;
  }
  if (type === 'oriented_rectangle' || type === 'rotation') {
    const rotated = rotatedBoxOf(points);
    if (rotated)
      return { outline: { kind: 'rotated box', ...rotated }, type: 'oriented_rectangle' };
  }
  const isPolygon = type === 'polygon' || type === undefined || type === null;
  return isPolygon && points.length >= 3
    ? { outline: { kind: 'polygon', parts: [points] }, type: 'polygon' }
    : undefined;
}

/**
 * The box of a shape, perhaps with an outline; undefined for a point, a line and what else is no object.
 * @param notes is told of what lacks corners, and of a score that is none.
 */
export function boxOfShape(shape: LabelmeShape, notes: ReadingNotes): LabelledBox | undefined {
  const drawn = drawnAs(shape);
  if (!drawn) {
    const { shape_type: type } = shape;
    if (objects.includes(type ?? 'polygon')) notes.passOver(`${type ?? 'polygon'} without a box`);
    return undefined;
  }
  const { outline, type } = drawn;
  const { label, points, flags, description, shape_type, ...all } = shape;
  const box = boundsOf(points);
  const { text, score: saidScore, ...said } = described(description);
  // X-AnyLabeling's field.
  const { score: ownScore, ...withoutScore } = all;
  const score = asScore(saidScore ?? ownScore, notes);
  const isSaid = score !== undefined && score === saidScore;
  const isOwnScore = score !== undefined && !isSaid;
  const fields = isOwnScore ? withoutScore : all;
  const inDescription = splitAttributes({
    ...said.fields,
    ...(!isSaid && saidScore !== undefined && { score: saidScore }),
  });
  const values = splitAttributes(flags ?? {});
  const attributes: Attributes = { ...values.attributes, ...inDescription.attributes };
  const isDefault = JSON.stringify(fields) === JSON.stringify(defaults);
  const rest = {
    ...(!isDefault && { fields }),
    ...(isOwnScore && { ownScore: true }),
    ...(shape_type !== type && { shape_type }),
    ...(values.others && { flags: values.others }),
    ...(text !== undefined && { description: text }),
    ...(inDescription.others && { describedOthers: inDescription.others }),
    ...(JSON.stringify(pointsOf(box, outline)) !== JSON.stringify(points) && { points }),
  };
  return {
    label,
    box,
    ...(outline && { outline }),
    ...(score !== undefined && { score }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

/** The points of a shape, with at most two decimals. */
function pointsOf(box: Xyxy, outline: Outline | undefined): Point[] {
  if (isHeld(outline)) {
    const points = outline.kind === 'polygon' ? outline.parts[0] : cornersOf(outline);
    return points.map(([x, y]) => [rounded(x), rounded(y)]);
  }
  const [x1, y1, x2, y2] = roundedBox(box);
  return [
    [x1, y1],
    [x2, y2],
  ];
}

function isHeld(outline: Outline | undefined): outline is Exclude<Outline, { kind: 'mask' }> {
  return outline !== undefined && labelmeOutlines.includes(outlineName(outline));
}

function typeOf(outline: Outline | undefined): string {
  if (!isHeld(outline)) return 'rectangle';
  return outline.kind === 'polygon' ? 'polygon' : 'oriented_rectangle';
}

interface Described {
  /** Of whatever kind. */
  score?: unknown;
  fields?: Fields;
  /** A person's words. */
  text?: string;
}

/** What a description says: JSON as it is written here, or a person's words. */
function described(description: string | null | undefined): Described {
  if (!description) return {};
  let value: unknown;
  try {
    value = parseJsonText(description);
  } catch {
    return { text: description };
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return { text: description };
  const { score, description: text, ...fields } = value as Record<string, unknown>;
  return { fields, score, ...(text !== undefined && { text: String(text) }) };
}

const defaults = { group_id: null };

/**
 * The shape of a box.
 * @param rest of the box, in labelme's terms
 */
export function shapeOfBox(
  { label, box, score, attributes = {}, outline }: LabelledBox,
  rest: Fields,
): Fields {
  const isFlag = ([, value]: [string, unknown]) => typeof value === 'boolean';
  const entries = Object.entries(attributes);
  const flags = { ...Object.fromEntries(entries.filter(isFlag)), ...(rest.flags as Fields) };
  const values = {
    ...(score !== undefined && !rest.ownScore && { score }),
    ...without(
      Object.fromEntries(entries.filter((entry) => !isFlag(entry))),
      ...(score === undefined ? [] : ['score']),
    ),
    ...(rest.describedOthers as Fields),
  };
  const text = rest.description as string | undefined;
  return {
    label,
    points: originalBox<Point[]>(rest.points, box, boundsOf) ?? pointsOf(box, outline),
    ...((rest.fields as Fields) ?? defaults),
    ...(rest.ownScore === true && score !== undefined && { score }),
    description: describe(values, text),
    shape_type: 'shape_type' in rest ? (rest.shape_type ?? undefined) : typeOf(outline),
    flags,
  };
}

function describe(values: Fields, text: string | undefined): string {
  if (Object.keys(values).length === 0 && !(text && described(text).text !== text))
    return text ?? '';
  return JSON.stringify({ ...values, ...(text !== undefined && { description: text }) });
}
