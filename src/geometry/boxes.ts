const { max, min } = Math;

/**
 * A box in pixels of the picture as a viewer shows it: origin at the top left corner, `xmax` and `ymax`
 * exclusive, so that the width is xmax − xmin.
 */
export interface Box {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
}

/** x1, y1, x2, y2. */
export type Xyxy = readonly [number, number, number, number];
/** x, y of the top left corner, then width and height: COCO's `bbox`. */
export type Xywh = readonly [number, number, number, number];

/** COCO's box of these corners. */
export function xyxyToXywh([x1, y1, x2, y2]: Xyxy): Xywh {
  return [x1, y1, x2 - x1, y2 - y1];
}

/** The corners of a COCO box. */
export function xywhToXyxy([x, y, width, height]: Xywh): Xyxy {
  return [x, y, x + width, y + height];
}

export function boxToXyxy({ xmin, ymin, xmax, ymax }: Box): Xyxy {
  return [xmin, ymin, xmax, ymax];
}

export function xyxyToBox([xmin, ymin, xmax, ymax]: Xyxy): Box {
  return { xmin, ymin, xmax, ymax };
}

/** Multiplies x by `scaleX` and y by `scaleY`. */
export function scaleBox([x1, y1, x2, y2]: Xyxy, scaleX: number, scaleY: number): Xyxy {
  return [x1 * scaleX, y1 * scaleY, x2 * scaleX, y2 * scaleY];
}

/** The part of the box that lies in [0, width] × [0, height]. */
export function clipBox([x1, y1, x2, y2]: Xyxy, width: number, height: number): Xyxy {
  const clip = (value: number, limit: number) => min(max(value, 0), limit);
  return [clip(x1, width), clip(y1, height), clip(x2, width), clip(y2, height)];
}

/** Zero for boxes whose corners are in the wrong order. */
export function boxArea(box: Xyxy): number {
  return max(0, box[2] - box[0]) * max(0, box[3] - box[1]);
}

/** Area that both boxes cover. */
export function intersectionArea(a: Xyxy, b: Xyxy): number {
  // Called for every pair of boxes: neither destructured nor put into a new box, which costs twice the time.
  const width = min(a[2], b[2]) - max(a[0], b[0]);
  const height = min(a[3], b[3]) - max(a[1], b[1]);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union; 0 when neither box has an area. */
export function boxIou(a: Xyxy, b: Xyxy): number {
  const intersection = intersectionArea(a, b);
  const union = boxArea(a) + boxArea(b) - intersection;
  return union > 0 ? intersection / union : 0;
}

/** Intersection over the smaller box's area: 1 when one box contains the other. */
export function boxContainment(a: Xyxy, b: Xyxy): number {
  const smaller = min(boxArea(a), boxArea(b));
  return smaller > 0 ? intersectionArea(a, b) / smaller : 0;
}
