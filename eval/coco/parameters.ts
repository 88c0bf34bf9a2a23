/** Objects of a size: those whose area in pixels lies in the range, bounds included. */
export interface AreaRange {
  label: string;
  least: number;
  most: number;
}

/** What is evaluated, and how; COCO's own values are the defaults. */
export interface Parameters {
  /** Least intersection over union of a match. */
  iouThresholds: readonly number[];
  /** Recalls at which precision is read, rising. */
  recallThresholds: readonly number[];
  areaRanges: readonly AreaRange[];
  /** Most detections of a picture and category that count, the best ones; rising. */
  maxDetections: readonly number[];
  /** Take all categories for one. */
  classAgnostic: boolean;
  /** The pictures to evaluate; all when absent. */
  imageIds?: readonly number[];
  /** The categories to evaluate; all when absent. */
  categoryIds?: readonly number[];
}

/** 0.5, 0.55, … 0.95, as numpy's linspace rounds them: the ninth is 0.8999999999999999. */
const iouThresholds = Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9),
);

/** Sides of 32 and 96 pixels divide the sizes. */
const areaRanges: readonly AreaRange[] = [
  { label: 'all', least: 0, most: 1e10 },
  { label: 'small', least: 0, most: 32 ** 2 },
  { label: 'medium', least: 32 ** 2, most: 96 ** 2 },
  { label: 'large', least: 96 ** 2, most: 1e10 },
];

/** The settings of the COCO challenge for boxes. */
export const cocoParameters: Parameters = {
  iouThresholds,
  recallThresholds: Array.from({ length: 101 }, (_, i) => i * 0.01),
  areaRanges,
  maxDetections: [1, 10, 100],
  classAgnostic: false,
};
