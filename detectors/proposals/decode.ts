import { boxArea, clipBox, type Xyxy } from '../../src/geometry/boxes.js';
import type { Grid } from '../../src/geometry/grid.js';
import { nms } from '../../src/geometry/nms.js';
import { largestLogarithm, levelGrids, outputs } from './networkConfig.js';

const { exp, min, sqrt } = Math;

/** A region in patches of the grid it was found on. */
export interface GridProposal {
  box: Xyxy;
  /** 0..1: the geometric mean of centreness and overlap. */
  quality: number;
}

export interface DecodeOptions {
  /** Of the levels, in patches. */
  strides: readonly number[];
  /** Most proposals. */
  most: number;
  /** Proposals that overlap more (intersection over union) are one. */
  nms: number;
}

/** Of each level, the locations that take part in the suppression. */
const mostPerLevel = 1000;
/**
 * One picture's proposals from what the network says of its locations.
 *
 * @param predicted [locations, 6], of `proposalNetwork`, for a grid of patches.
 * @param extent the part of the grid that the picture covers; boxes are clipped to it.
 * @returns by falling quality.
 */
export function decodeProposals(
  predicted: Float32Array,
  patches: Grid,
  extent: Grid,
  { strides, ...options }: DecodeOptions,
): GridProposal[] {
  const found: GridProposal[] = [];
  let first = 0;
  levelGrids(patches, strides).forEach(({ rows, columns }, level) => {
    const qualities = new Float32Array(rows * columns);
    for (let i = 0; i < qualities.length; i++) {
      const at = outputs * (first + i);
      qualities[i] = sqrt(sigmoid(predicted[at + 4]) * sigmoid(predicted[at + 5]));
    }
    for (const i of highest(qualities, mostPerLevel)) {
      const location = predicted.subarray(outputs * (first + i), outputs * (first + i + 1));
      const x = (i % columns) + 0.5;
      const y = Math.floor(i / columns) + 0.5;
      const raw = boxAround(location, x, y, strides[level]);
      const box = clipBox(raw, extent.columns, extent.rows);
      if (boxArea(box) > 0) found.push({ box, quality: qualities[i] });
    }
    first += rows * columns;
  });
  const boxes = found.map(({ box }) => box);
  const qualities = found.map(({ quality }) => quality);
  return nms(boxes, qualities, options.nms, undefined, options.most).map((index) => found[index]);
}

/** @param x,y the location, in strides. */
function boxAround(logarithms: Float32Array, x: number, y: number, stride: number): Xyxy {
  const distance = (side: number) => exp(min(logarithms[side], largestLogarithm));
  return [
    (x - distance(0)) * stride,
    (y - distance(1)) * stride,
    (x + distance(2)) * stride,
    (y + distance(3)) * stride,
  ];
}

/** Indices of the `count` highest values, in the given order. */
function highest(values: Float32Array, count: number): number[] {
  const indices = [...values.keys()];
  if (values.length <= count) return indices;
  const least = Float32Array.from(values).sort()[values.length - count];
  const above = indices.filter((i) => values[i] > least);
  const equal = indices.filter((i) => values[i] === least).slice(0, count - above.length);
  return [...above, ...equal].sort((a, b) => a - b);
}

function sigmoid(logit: number): number {
  return 1 / (1 + exp(-logit));
}
