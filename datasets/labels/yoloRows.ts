import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';
import type { Xywh, Xyxy } from '../../src/geometry/boxes.js';
import { clipBox } from '../../src/geometry/boxes.js';
import type { LabelledBox } from './labelSet.js';
import { originalBox, rounded } from './numbers.js';
import { boundsOf, type Outline, type Point } from './outline.js';
import type { Size } from './pictureSizes.js';
import { isBoxOutline, type YoloColumns } from './yoloColumns.js';
import type { YoloRow } from './yoloText.js';

const decimals = 6;
/** How far a share may lie outside 0..1; numbers in pixels are further. */
const overshoot = 0.5;

/**
 * The box of a row: of its centre, width and height as shares of the picture, or around a polygon's corners.
 * @param names of the categories, by their numbers.
 * @throws UserError naming the line and what is wrong with it
 */
export function boxOfRow(
  row: YoloRow,
  names: ReadonlyMap<number, string>,
  size: Size,
  columns: YoloColumns,
): LabelledBox {
  const label = names.get(decimalNumber(row.category));
  if (label === undefined) {
    throw new UserError(`${row.where}: "${row.category}" is no number of a category.`);
  }
  const { outline: texts, keypoints, score, track } = columns.read(row);
  const numbers = texts.map(Number);
  const isBox = isBoxOutline(texts);
  const box = (isBox ? boxOf : boxAround)(numbers, size);
  checkShares(box, size, row.where);
  const outline: Outline = { kind: 'polygon', parts: [pointsOf(numbers, size)] };
  const rest = isBox
    ? {
        ...(rowOf(box, size) !== texts.join(' ') && { shares: texts }),
        ...(keypoints && { keypoints: keypoints.join(' ') }),
      }
    : { polygon: texts.join(' ') };
  return {
    label,
    box,
    // Where some objects have polygons, boxes are written with four corners.
    ...(!isBox && !isUpright(numbers) && { outline }),
    ...(score !== undefined && { score }),
    ...(track !== undefined && { attributes: { track_id: track } }),
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

/**
 * The rows of a picture's boxes, without their categories. Where there is a polygon, boxes are polygons, too: trainers
 * leave out a picture that has both. Scores are left out: trainers stop at a sixth column.
 * @param restOf what YOLO alone knows of a box.
 */
export function yoloRows(
  boxes: readonly LabelledBox[],
  restOf: (box: LabelledBox) => Readonly<Record<string, unknown>>,
  size: Size,
): string[] {
  const areBoxes = boxes.every((box) => restOf(box).polygon === undefined);
  return boxes.map((box) => yoloRow(box, restOf(box), size, areBoxes));
}

function yoloRow(
  { box }: LabelledBox,
  { polygon, shares, keypoints }: Readonly<Record<string, unknown>>,
  size: Size,
  isBox: boolean,
): string {
  const corners = (text: string) =>
    clipBox(boxAround(text.split(' ').map(Number), size), size.width, size.height);
  if (!isBox) return originalBox<string>(polygon, box, corners) ?? cornersOf(box, size);
  const kept = originalBox<string[]>(shares, box, (texts) => boxOf(texts.map(Number), size));
  return `${kept?.join(' ') ?? rowOf(box, size)}${keypoints ? ` ${keypoints}` : ''}`;
}

/** Of the part inside the picture: trainers leave out a picture with a share that is not in 0..1. */
function rowOf(box: Xyxy, { width, height }: Size): string {
  const [x1, y1, x2, y2] = clipBox(box, width, height);
  return shareTexts([
    (x1 + x2) / 2 / width,
    (y1 + y2) / 2 / height,
    (x2 - x1) / width,
    (y2 - y1) / height,
  ]);
}

function cornersOf(box: Xyxy, { width, height }: Size): string {
  const [x1, y1, x2, y2] = clipBox(box, width, height);
  const [left, top, right, bottom] = [x1 / width, y1 / height, x2 / width, y2 / height];
  return shareTexts([left, top, right, top, right, bottom, left, bottom]);
}

function shareTexts(shares: readonly number[]): string {
  return shares.map(shareText).join(' ');
}

/** A side that is there is not written as none. */
function shareText(share: number): string {
  const text = rounded(share, decimals).toFixed(decimals);
  return share > 0 && Number(text) === 0 ? share.toPrecision(3) : text;
}

function boxOf(shares: Xywh | readonly number[], { width, height }: Size): Xyxy {
  const [cx, cy, w, h] = shares;
  return [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height];
}

/** Whether corners are those of an upright box. */
function isUpright(corners: readonly number[]): boolean {
  const sides = (first: number) => new Set(corners.filter((_, i) => i % 2 === first)).size;
  return corners.length === 8 && sides(0) === 2 && sides(1) === 2;
}

function pointsOf(corners: readonly number[], { width, height }: Size): Point[] {
  return Array.from({ length: corners.length / 2 }, (_, i) => [
    corners[2 * i] * width,
    corners[2 * i + 1] * height,
  ]);
}

function boxAround(corners: readonly number[], size: Size): Xyxy {
  return boundsOf(pointsOf(corners, size));
}

/** @throws UserError for boxes that are not in shares of the picture */
function checkShares(box: Xyxy, { width, height }: Size, where: string): void {
  const limits = [width, height, width, height];
  if (
    box.every((side, i) => side >= -overshoot * limits[i] && side <= (1 + overshoot) * limits[i])
  ) {
    return;
  }
  throw new UserError(`${where}: its numbers must be shares of the picture, 0..1.`);
}
