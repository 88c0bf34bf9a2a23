import type * as tf from '@tensorflow/tfjs-core';
import type { NetworkConfig } from '../../detectors/proposals/networkConfig.js';
import { scaleBox, type Xyxy } from '../../src/geometry/boxes.js';
import type { Arrays } from '../../src/jit/jit.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import type { BoxBatch } from './batches.js';
import { levelMasks } from './grids.js';
import type { TargetTensors } from './networkLoss.js';
import { locationTargets } from './targets.js';

/** One batch as the proposal network's training step takes it. */
export interface ProposalBatch {
  /** Of the frozen tower, each [images, rows, columns, width]. */
  taps: tf.Tensor4D[];
  targets: TargetTensors;
  /** As `proposalNetwork` takes them, where the pictures' grids differ. */
  masks?: tf.Tensor4D[];
}

/**
 * The batch that the network learns from: what the tower saw, and the boxes as targets. Boxes that are to
 * be ignored are left out: locations without a box learn nothing anyway.
 * @param patchSize in pixels.
 */
export function proposalBatch(
  { boxes, ignore, firstBox, patches, grids, grid }: BoxBatch,
  taps: NdArray[],
  patchSize: number,
  { strides }: NetworkConfig,
): Arrays<ProposalBatch> {
  const [images, rows, columns] = taps[0].shape;
  const each = Array.from({ length: images }, (_, image) => {
    const own: Xyxy[] = [];
    for (let i = firstBox[image]; i < firstBox[image + 1]; i++) {
      if (ignore[i]) continue;
      const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
      own.push(scaleBox([x1, y1, x2, y2], 1 / patchSize, 1 / patchSize));
    }
    return locationTargets(own, { rows, columns }, strides);
  });
  const locations = each[0].positive.length;
  const stacked = (name: 'distances' | 'centreness' | 'positive', shape: number[]) => {
    const values = new Float32Array(shape.reduce((size, side) => size * side, 1));
    each.forEach((targets, image) => {
      values.set(targets[name], image * targets[name].length);
    });
    return ndarray(values, shape);
  };
  return {
    taps,
    targets: {
      distances: stacked('distances', [images, locations, 4]),
      centreness: stacked('centreness', [images, locations]),
      positive: stacked('positive', [images, locations]),
    },
    ...(patches && { masks: levelMasks(grids, grid, strides) }),
  };
}
