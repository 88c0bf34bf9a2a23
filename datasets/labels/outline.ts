import type { Xyxy } from '../../src/geometry/boxes.js';

/** x and y in pixels. */
export type Point = readonly [number, number];

/** A box turned about its centre, clockwise as one sees it. */
export interface RotatedBox {
  /** Before it is turned. */
  upright: Xyxy;
  /** In degrees, 0 or more and less than 360. */
  angle: number;
}

/** COCO's lengths of runs, as numbers or compressed, of a mask as large as the picture. */
export interface RunLengths {
  size: readonly number[];
  counts: string | readonly number[];
}

/** Where an object is, more exactly than its upright box says; in pixels of the picture as viewers show it. */
export type Outline =
  /** Objects that others hide in part may have several parts. */
  | { kind: 'polygon'; parts: readonly (readonly Point[])[] }
  | ({ kind: 'rotated box' } & RotatedBox)
  | { kind: 'mask'; runs: RunLengths };

/** What an outline is called, and what formats name those by that they have a place for. */
export type OutlineName = Outline['kind'] | 'polygon of several parts';

export function outlineName(outline: Outline): OutlineName {
  const isSeveral = outline.kind === 'polygon' && outline.parts.length > 1;
  return isSeveral ? 'polygon of several parts' : outline.kind;
}

/** The upright box around points. */
export function boundsOf(points: readonly Point[]): Xyxy {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return [left, top, right, bottom];
}

/** The corners, beginning with what is the top left one before turning, and clockwise. */
export function cornersOf({ upright: [x1, y1, x2, y2], angle }: RotatedBox): Point[] {
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const radians = (angle * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const corners: Point[] = [
    [x1, y1],
    [x2, y1],
    [x2, y2],
    [x1, y2],
  ];
  return corners.map(([cx, cy]) => [
    x + (cx - x) * cos - (cy - y) * sin,
    y + (cx - x) * sin + (cy - y) * cos,
  ]);
}

/** How far the corners of a rectangle may be from where they should be, as a share of its sides. */
const skew = 0.02;

/** The turned box that has these corners, in turn; undefined where they make no rectangle. */
export function rotatedBoxOf(corners: readonly Point[]): RotatedBox | undefined {
  if (corners.length !== 4) return undefined;
  const [[ax, ay], [bx, by], [cx, cy], [dx, dy]] = corners;
  const width = Math.hypot(bx - ax, by - ay);
  const height = Math.hypot(dx - ax, dy - ay);
  const apart = Math.hypot(ax + cx - bx - dx, ay + cy - by - dy);
  const cosine = (bx - ax) * (dx - ax) + (by - ay) * (dy - ay);
  const isRectangle = apart <= skew * (width + height) && Math.abs(cosine) <= skew * width * height;
  if (!isRectangle || !(width > 0 && height > 0)) return undefined;
  const [x, y] = [(ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4];
  const angle = (Math.atan2(by - ay, bx - ax) * 180) / Math.PI;
  return {
    upright: [x - width / 2, y - height / 2, x + width / 2, y + height / 2],
    angle: (angle + 360) % 360,
  };
}

/** What lies inside a polygon, in pixels; overlapping parts count twice. */
export function polygonArea(parts: readonly (readonly Point[])[]): number {
  const areas = parts.map((part) => {
    let twice = 0;
    part.forEach(([x, y], i) => {
      const [nextX, nextY] = part[(i + 1) % part.length];
      twice += x * nextY - nextX * y;
    });
    return Math.abs(twice) / 2;
  });
  return areas.reduce((sum, area) => sum + area, 0);
}
