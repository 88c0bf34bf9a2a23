export interface RoiAlignOptions {
  /** Output rows and columns per region. Default [1, 1]. */
  bins?: readonly [number, number];
  /** Sampling points per bin and axis; -1 (default) takes the ceiling of the bin's size. */
  samplingRatio?: number;
  /** Multiplies the boxes first: feature-map units per box unit. Default 1. */
  spatialScale?: number;
}

export interface RoiWeights {
  /** [regions, row bins, rows]: what each map row contributes to each bin. */
  rowWeights: Float32Array;
  /** [regions, column bins, columns]. */
  columnWeights: Float32Array;
}

const { fround } = Math;

/**
 * Interpolation weights with which RoIAlign reads a feature map. RoIAlign is linear in the map and
 * separable, so for each region one small matrix over the rows and one over the columns say it all:
 * output[by, bx] = sum over y, x of rowWeights[by, y] · columnWeights[bx, x] · map[y, x].
 *
 * Semantics of torchvision's `roi_align` with aligned=True, in its float32 arithmetic: in double
 * precision, boxes with round corners get other sample counts. A box without area has zero weights.
 *
 * @param boxes regions × 4: x1, y1, x2, y2, in feature-map units divided by `spatialScale`.
 * @param rows height of the feature map.
 * @param columns width of the feature map.
 */
export function roiWeights(
  boxes: Float32Array,
  rows: number,
  columns: number,
  { bins = [1, 1], samplingRatio = -1, spatialScale = 1 }: RoiAlignOptions = {},
): RoiWeights {
  if (boxes.length % 4 !== 0) {
    throw new Error(`Boxes take four numbers each, but ${boxes.length} numbers were given.`);
  }
  const regions = boxes.length / 4;
  const [rowBins, columnBins] = bins;
  const rowWeights = new Float32Array(regions * rowBins * rows);
  const columnWeights = new Float32Array(regions * columnBins * columns);
  const scale = fround(spatialScale);
  for (let region = 0; region < regions; region++) {
    const edge = (side: number) => fround(fround(boxes[4 * region + side] * scale) - 0.5);
    addAxisWeights(
      rowWeights.subarray(region * rowBins * rows, (region + 1) * rowBins * rows),
      edge(1),
      edge(3),
      rowBins,
      samplingRatio,
    );
    addAxisWeights(
      columnWeights.subarray(region * columnBins * columns, (region + 1) * columnBins * columns),
      edge(0),
      edge(2),
      columnBins,
      samplingRatio,
    );
  }
  return { rowWeights, columnWeights };
}

/** Fills `weights` ([bins, cells], zeros) for one axis of one box from `start` to `end`. */
function addAxisWeights(
  weights: Float32Array,
  start: number,
  end: number,
  bins: number,
  samplingRatio: number,
): void {
  const cells = weights.length / bins;
  const binSize = fround(fround(end - start) / bins);
  const count = samplingRatio > 0 ? samplingRatio : Math.ceil(binSize);
  for (let bin = 0; bin < bins; bin++) {
    const binStart = fround(start + fround(bin * binSize));
    for (let sample = 0; sample < count; sample++) {
      const position = fround(binStart + fround(fround((sample + 0.5) * binSize) / count));
      if (position < -1 || position > cells) continue;
      const clamped = Math.min(Math.max(position, 0), cells - 1);
      const low = Math.min(Math.floor(clamped), Math.max(cells - 2, 0));
      const fraction = clamped - low;
      weights[bin * cells + low] += (1 - fraction) / count;
      if (fraction > 0) weights[bin * cells + low + 1] += fraction / count;
    }
  }
}
