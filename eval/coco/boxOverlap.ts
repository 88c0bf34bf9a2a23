import type { Detections, GroundTruth } from './tables.js';

/** Rows of a table: those of `rows` from `from` to before `to`. */
export interface RowRange {
  rows: Uint32Array;
  from: number;
  to: number;
}

/** How much detections and objects overlap, and how large detections are. */
export interface Overlap {
  /** Writes the likeness of each detection with each object, 0..1: [detections, objects]. */
  fill(detections: RowRange, objects: RowRange, target: Float64Array): void;
  /** The area of a detection, in pixels, which decides where it belongs if nothing matches it. */
  areaOf(detection: number): number;
}

/**
 * Intersection over union of boxes; with a crowd, over the detection's own area, as COCO defines it. Zero
 * for boxes that do not overlap, which those without area never do.
 */
export function boxOverlap(truth: GroundTruth, detections: Detections): Overlap {
  const [a, b] = [detections.boxes, truth.boxes];
  return {
    fill(found, objects, target) {
      let entry = 0;
      for (let i = found.from; i < found.to; i++) {
        const d = 4 * found.rows[i];
        const area = a[d + 2] * a[d + 3];
        for (let j = objects.from; j < objects.to; j++, entry++) {
          const row = objects.rows[j];
          const g = 4 * row;
          target[entry] = 0;
          const width = Math.min(a[d + 2] + a[d], b[g + 2] + b[g]) - Math.max(a[d], b[g]);
          if (width <= 0) continue;
          const height =
            Math.min(a[d + 3] + a[d + 1], b[g + 3] + b[g + 1]) - Math.max(a[d + 1], b[g + 1]);
          if (height <= 0) continue;
          const common = width * height;
          const own = b[g + 2] * b[g + 3];
          target[entry] = common / (truth.crowds[row] ? area : area + own - common);
        }
      }
    },
    areaOf: areasOf(detections),
  };
}

/** The area of a detection by its row, in pixels. */
export function areasOf({ areas, boxes }: Detections): Overlap['areaOf'] {
  if (areas) return (detection) => areas[detection];
  return (detection) => boxes[4 * detection + 2] * boxes[4 * detection + 3];
}
