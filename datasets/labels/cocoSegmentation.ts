import { type Xywh, xyxyToXywh } from '../../src/geometry/boxes.js';
import { maskArea, maskBox, maskOfSegmentation } from '../../src/masks/index.js';
import { rounded } from './numbers.js';
import {
  boundsOf,
  cornersOf,
  type Outline,
  type Point,
  polygonArea,
  type RunLengths,
} from './outline.js';

/** The outline that COCO's `segmentation` is; undefined where there is none, or none that can be understood. */
export function outlineOf(segmentation: unknown): Outline | undefined {
  if (isRunLengths(segmentation)) {
    return maskOf(segmentation) && { kind: 'mask', runs: segmentation };
  }
  if (!Array.isArray(segmentation) || segmentation.length === 0) return undefined;
  const parts = segmentation.map(pointsOf);
  return parts.every((part) => part !== undefined) ? { kind: 'polygon', parts } : undefined;
}

function pointsOf(numbers: unknown): Point[] | undefined {
  const isPolygon =
    Array.isArray(numbers) &&
    numbers.length >= 6 &&
    numbers.length % 2 === 0 &&
    numbers.every(Number.isFinite);
  if (!isPolygon) return undefined;
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]]);
}

function isRunLengths(value: unknown): value is RunLengths {
  if (value === null || typeof value !== 'object') return false;
  const { size, counts } = value as Partial<RunLengths>;
  const isSize = Array.isArray(size) && size.length === 2 && size.every(Number.isInteger);
  return isSize && (typeof counts === 'string' || Array.isArray(counts));
}

/**
 * COCO's `segmentation` of an outline; a rotated box is the polygon of its corners.
 * @param decimals of coordinates. Default: as many as they have.
 */
export function segmentationOf(outline: Outline, decimals?: number): unknown {
  if (outline.kind === 'mask') return outline.runs;
  const parts = outline.kind === 'polygon' ? outline.parts : [cornersOf(outline)];
  const number = (value: number) => (decimals === undefined ? value : rounded(value, decimals));
  return parts.map((part) => part.flat().map(number));
}

/** The box around an outline: x, y, width, height. Undefined for a mask whose runs are wrong. */
export function bboxOf(outline: Outline): Xywh | undefined {
  if (outline.kind === 'rotated box') return xyxyToXywh(boundsOf(cornersOf(outline)));
  if (outline.kind === 'polygon') return xyxyToXywh(boundsOf(outline.parts.flat()));
  const mask = maskOf(outline.runs);
  return mask && maskBox(mask);
}

/** In pixels; undefined for a mask whose runs are wrong. */
export function areaOf(outline: Outline): number | undefined {
  if (outline.kind === 'polygon') return polygonArea(outline.parts);
  if (outline.kind === 'rotated box') return polygonArea([cornersOf(outline)]);
  const mask = maskOf(outline.runs);
  return mask && maskArea(mask);
}

function maskOf(runs: RunLengths) {
  try {
    // Runs say how large the picture is.
    return maskOfSegmentation(runs, { width: 0, height: 0 });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
