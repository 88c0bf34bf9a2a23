import { UserError } from '../../src/errors.js';
import type { Xywh, Xyxy } from '../../src/geometry/boxes.js';
import { clipBox } from '../../src/geometry/boxes.js';
import { asScore } from './attributes.js';
import type { LabelledBox } from './labelSet.js';
import { originalBox, rounded } from './numbers.js';
import type { Outline, Point } from './outline.js';

interface Size {
  width: number;
  height: number;
}

const decimals = 6;
/** How far a share may lie outside 0..1; numbers in pixels are further. */
const overshoot = 1;

/**
 * A row of a label file: the category's number, then centre, width and height as shares of the picture, a
 * polygon's corners, or a box with keypoints.
 * @param where file and line, for messages.
 * @param keypoints whether boxes are followed by keypoints.
 */
export function parseYoloRow(
  row: string,
  names: ReadonlyMap<number, string>,
  size: Size,
  where: string,
  keypoints: boolean,
): LabelledBox {
  const [category, ...texts] = row.trim().split(/\s+/);
  const label = /^\d+(\.0*)?$/.test(category) ? names.get(Number(category)) : undefined;
  if (label === undefined) {
    throw new UserError(`${where}: "${category}" is no number of a category of data.yaml.`);
  }
  const numbers = texts.map((text) => share(text, where));
  const isBox = numbers.length === 4 || numbers.length === 5 || keypoints;
  if (numbers.length < 4 || (!isBox && (numbers.length < 6 || numbers.length % 2 === 1))) {
    throw new UserError(
      `${where}: has ${numbers.length + 1} columns; a box has 5, a polygon 7 or more, an odd number.`,
    );
  }
  if (!isBox) {
    const outline: Outline = { kind: 'polygon', parts: [pointsOf(numbers, size)] };
    return { label, box: boundsOf(numbers, size), outline, rest: { polygon: texts.join(' ') } };
  }
  const shares = numbers.slice(0, 4) as unknown as Xywh;
  const box = boxOf(shares, size);
  const score = numbers.length === 5 ? asScore(numbers[4]) : undefined;
  if (numbers.length === 5 && score === undefined) {
    throw new UserError(`${where}: the sixth column, "${texts[4]}", is no score of 0..1.`);
  }
  const rest = {
    ...(rowOf(box, size) !== texts.slice(0, 4).join(' ') && { shares: texts.slice(0, 4) }),
    ...(keypoints && numbers.length > 5 && { keypoints: texts.slice(4).join(' ') }),
  };
  return {
    label,
    box,
    ...(score !== undefined && { score }),
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

/**
 * The row of a box, without its category. Scores are left out: a sixth column is a track's number to CVAT,
 * and trainers stop at it.
 */
export function yoloRow(
  { box }: LabelledBox,
  rest: Readonly<Record<string, unknown>>,
  size: Size,
): string {
  const { polygon, shares, keypoints } = rest;
  const corners = (text: string) => boundsOf(text.split(' ').map(Number), size);
  const kept =
    originalBox<string>(polygon, box, corners) ??
    originalBox<string[]>(shares, box, (texts) => boxOf(texts.map(Number), size))?.join(' ');
  return `${kept ?? rowOf(box, size)}${keypoints ? ` ${keypoints}` : ''}`;
}

/** Of the part inside the picture: trainers leave out a picture with a share that is not in 0..1. */
function rowOf(box: Xyxy, { width, height }: Size): string {
  const [x1, y1, x2, y2] = clipBox(box, width, height);
  const shares = [
    (x1 + x2) / 2 / width,
    (y1 + y2) / 2 / height,
    (x2 - x1) / width,
    (y2 - y1) / height,
  ];
  return shares.map((value) => rounded(value, decimals).toFixed(decimals)).join(' ');
}

function boxOf(shares: Xywh | readonly number[], { width, height }: Size): Xyxy {
  const [cx, cy, w, h] = shares;
  return [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height];
}

function pointsOf(corners: readonly number[], { width, height }: Size): Point[] {
  return Array.from({ length: corners.length / 2 }, (_, i) => [
    corners[2 * i] * width,
    corners[2 * i + 1] * height,
  ]);
}

function boundsOf(corners: readonly number[], { width, height }: Size): Xyxy {
  const xs = corners.filter((_, i) => i % 2 === 0).map((x) => x * width);
  const ys = corners.filter((_, i) => i % 2 === 1).map((y) => y * height);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function share(text: string, where: string): number {
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new UserError(`${where}: "${text}" is no number.`);
  return value;
}

/** @throws UserError for boxes that are not in shares of the picture */
export function checkShares(box: Xyxy, { width, height }: Size, where: string): void {
  const limits = [width, height, width, height];
  if (
    box.every((side, i) => side >= -overshoot * limits[i] && side <= (1 + overshoot) * limits[i])
  ) {
    return;
  }
  throw new UserError(`${where}: its numbers must be shares of the picture, 0..1.`);
}
