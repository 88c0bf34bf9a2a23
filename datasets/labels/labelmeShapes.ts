import { z } from 'zod';
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

/** The box of a shape, perhaps with an outline; undefined for a point, a line and what else is no object. */
export function boxOfShape(shape: LabelmeShape): LabelledBox | undefined {
  const drawn = drawnAs(shape);
  if (!drawn) return undefined;
  const { outline, type } = drawn;
  const { label, points, flags, description, shape_type, ...all } = shape;
  const box = boundsOf(points);
  const inDescription = described(description);
  // X-AnyLabeling's field.
  const { score: own, ...withoutScore } = all;
  const isOwnScore = inDescription.score === undefined && asScore(own) !== undefined;
  const fields = isOwnScore ? withoutScore : all;
  const found = isOwnScore ? { ...inDescription, score: own as number } : inDescription;
  const values = splitAttributes(flags ?? {});
  const attributes: Attributes = { ...values.attributes, ...found.attributes };
  const isDefault = JSON.stringify(fields) === JSON.stringify(defaults);
  const rest = {
    ...(!isDefault && { fields }),
    ...(isOwnScore && { ownScore: true }),
    ...(shape_type !== type && { shape_type }),
    ...(values.others && { flags: values.others }),
    ...(found.text !== undefined && { description: found.text }),
    ...(found.others && { describedOthers: found.others }),
    ...(JSON.stringify(pointsOf(box, outline)) !== JSON.stringify(points) && { points }),
  };
  return {
    label,
    box,
    ...(outline && { outline }),
    ...(found.score !== undefined && { score: found.score }),
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
  score?: number;
  attributes?: Attributes;
  others?: Fields;
  /** A person's words. */
  text?: string;
}

/** What a description says: JSON as it is written here, or a person's words. */
function described(description: string | null | undefined): Described {
  if (!description) return {};
  let value: unknown;
  try {
    value = JSON.parse(description);
  } catch {
    return { text: description };
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return { text: description };
  const { score, description: text, ...fields } = value as Record<string, unknown>;
  const isScore = asScore(score) !== undefined;
  const split = splitAttributes({ ...fields, ...(!isScore && score !== undefined && { score }) });
  return {
    ...split,
    ...(isScore && { score: score as number }),
    ...(text !== undefined && { text: String(text) }),
  };
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
