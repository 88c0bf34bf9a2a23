import { UserError } from '../../src/errors.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { rounded, shareDecimals } from './numbers.js';
import { boundsOf, cornersOf, type Outline, type Point, type RotatedBox } from './outline.js';
import type { Size } from './pictureSizes.js';

/** Sides in percent of the picture's, and degrees clockwise around the first corner. */
interface RectanglePlace {
  x: number;
  y: number;
  width: number;
  height: number;
  rotation?: number;
}

/** Points in percent of the picture's sides. */
interface PolygonPlace {
  points: Point[];
  closed?: boolean;
}

/** Where Label Studio has a rectangle or a polygon. */
export type Place = RectanglePlace | PolygonPlace;

/** Percent beyond which a side is a mistake. */
const mostPercent = 1000;
/** Degrees that a quarter turn may be off. */
const mostTilt = 1e-3;

/**
 * Where a region's value says that it is.
 * @param where the region's place, for messages.
 * @returns undefined for what is neither a rectangle nor a polygon.
 * @throws UserError for sides that are no percentages
 */
export function placeIn(
  { x, y, width, height, rotation, points, closed }: Readonly<Record<string, unknown>>,
  where: string,
): Place | undefined {
  const sides = [x, y, width, height];
  const corners = Array.isArray(points) && points.length > 2 ? points : undefined;
  const numbers: unknown[] = corners?.flat() ?? sides;
  if (corners && !corners.every((point) => Array.isArray(point) && point.length === 2)) {
    return undefined;
  }
  if (!numbers.every((number): number is number => Number.isFinite(number))) return undefined;
  const wrong = numbers.find((number) => Math.abs(number) > mostPercent);
  if (wrong !== undefined) {
    throw new UserError(`${where}: a region has a side at ${wrong} percent of its picture.`);
  }
  if (corners) {
    return { points: corners as Point[], ...(typeof closed === 'boolean' && { closed }) };
  }
  const turn = typeof rotation === 'number' ? { rotation } : {};
  return { ...({ x, y, width, height } as RectanglePlace), ...turn };
}

/** The box around a place, its corners in any order, and its outline, where it has one that is no upright box. */
export function locate(place: Place, { width, height }: Size): { box: Xyxy; outline?: Outline } {
  const across = width / 100;
  const down = height / 100;
  if ('points' in place) {
    const points = place.points.map(([x, y]): Point => [x * across, y * down]);
    return { box: boundsOf(points), outline: { kind: 'polygon', parts: [points] } };
  }
  const { x, y, width: w, height: h, rotation = 0 } = place;
  const quarters = Math.round(rotation / 90);
  const quarter = ((quarters % 4) + 4) % 4;
  if (Math.abs(rotation - quarters * 90) > mostTilt) {
    const turned = turnedBox([x * across, y * down, w * across, h * down], rotation);
    return { box: boundsOf(cornersOf(turned)), outline: { kind: 'rotated box', ...turned } };
  }
  if (quarter === 0) return { box: [x * across, y * down, (x + w) * across, (y + h) * down] };
  const [left, top, wide, high] = [x * across, y * down, w * across, h * down];
  const [toX, toY] = [
    [wide, high],
    [-high, wide],
    [-wide, -high],
    [high, -wide],
  ][quarter];
  return { box: [left, top, left + toX, top + toY] };
}

/** A box turned around its first corner as one turned around its centre. */
function turnedBox(
  [left, top, wide, high]: readonly [number, number, number, number],
  rotation: number,
): RotatedBox {
  const radians = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const x = left + (wide * cos - high * sin) / 2;
  const y = top + (wide * sin + high * cos) / 2;
  const [halfWide, halfHigh] = [Math.abs(wide) / 2, Math.abs(high) / 2];
  return {
    upright: [x - halfWide, y - halfHigh, x + halfWide, y + halfHigh],
    angle: ((rotation % 360) + 360) % 360,
  };
}

/** Where a box is in Label Studio's terms, with the outlines that it has a place for. */
export function placeOf(box: Xyxy, outline: Outline | undefined, { width, height }: Size): Place {
  const percent = (part: number, whole: number) => rounded((part / whole) * 100, shareDecimals);
  if (outline?.kind === 'polygon' && outline.parts.length === 1) {
    const points = outline.parts[0].map(([x, y]): Point => [percent(x, width), percent(y, height)]);
    return { points, closed: true };
  }
  if (outline?.kind === 'rotated box') {
    const [x1, y1, x2, y2] = outline.upright;
    const [[left, top]] = cornersOf(outline);
    return {
      ...{ x: percent(left, width), y: percent(top, height) },
      ...{ width: percent(x2 - x1, width), height: percent(y2 - y1, height) },
      rotation: outline.angle,
    };
  }
  const [x1, y1, x2, y2] = box;
  const x = percent(x1, width);
  const y = percent(y1, height);
  return {
    ...{ x, y },
    width: rounded((x2 / width) * 100 - x, shareDecimals),
    height: rounded((y2 / height) * 100 - y, shareDecimals),
    rotation: 0,
  };
}
