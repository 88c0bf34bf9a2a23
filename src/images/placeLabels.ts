/** A rectangle by its upper left corner. */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Size {
  width: number;
  height: number;
}

/** What is to be placed: a chip of this size at this box. */
export interface LabelRequest extends Size {
  box: Rect;
}

/**
 * A place for each label's chip: inside the picture and, where there is room, beside its box without
 * covering a chip placed before. The first in the list choose first.
 */
export function placeLabels(labels: readonly LabelRequest[], picture: Size): Rect[] {
  const placed: Rect[] = [];
  for (const label of labels) placed.push(bestPlace(label, placed, picture));
  return placed;
}

function bestPlace(label: LabelRequest, placed: readonly Rect[], picture: Size): Rect {
  let best: Rect | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const place of candidates(label)) {
    const inside = clamp(place, picture);
    const covered = placed.reduce((sum, other) => sum + overlap(inside, other), 0);
    const moved = Math.abs(inside.x - place.x) + Math.abs(inside.y - place.y);
    if (covered === 0 && moved === 0) return inside;
    // Covering another chip is worse than any move.
    const cost = covered * (picture.width + picture.height) + moved;
    if (cost < least) [best, least] = [inside, cost];
  }
  return best ?? clamp({ ...label.box, ...label }, picture);
}

/** Places around a box, the most usual first: on its upper edge, then below it, inside it, beside it. */
function candidates({ box, width, height }: LabelRequest): Rect[] {
  const left = box.x;
  const right = box.x + box.width - width;
  const above = box.y - height;
  const below = box.y + box.height;
  const corners: [x: number, y: number][] = [
    ...[left, right].map((x): [number, number] => [x, above]),
    [left, box.y],
    ...[left, right].map((x): [number, number] => [x, below]),
    [right, box.y],
    [box.x + box.width, box.y],
    [left - width, box.y],
  ];
  // Further down along the box, for boxes that lie on each other.
  for (let y = box.y + height; y + height <= below; y += height)
    corners.push([left, y], [right, y]);
  // At last further away, above and below.
  for (let step = 2; step <= 4; step++) {
    corners.push([left, box.y - step * height], [left, below + (step - 1) * height]);
  }
  return corners.map(([x, y]) => ({ x, y, width, height }));
}

function clamp(place: Rect, picture: Size): Rect {
  const within = (value: number, most: number) => Math.max(0, Math.min(value, most));
  return {
    x: within(place.x, picture.width - place.width),
    y: within(place.y, picture.height - place.height),
    width: place.width,
    height: place.height,
  };
}

/** Area that two rectangles share. */
export function overlap(a: Rect, b: Rect): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}
