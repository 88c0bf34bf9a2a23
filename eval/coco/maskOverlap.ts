import { forEachPiece } from '../../src/masks/combine.js';
import { maskArea, maskBox, type RunLengthMask } from '../../src/masks/index.js';
import type { Overlap } from './boxOverlap.js';

/**
 * Intersection over union of masks; with a crowd, over the detection's own area.
 * @param crowds 1 for each object that is a crowd.
 * @param areaOf the area of a detection, by its row, which decides where it belongs if nothing matches it.
 * @throws RangeError, when two are compared, for masks of different sizes.
 */
export function maskOverlap(
  objects: readonly RunLengthMask[],
  crowds: ArrayLike<number>,
  detections: readonly RunLengthMask[],
  areaOf: Overlap['areaOf'],
): Overlap {
  const [objectParts, detectionParts] = [objects.map(measured), detections.map(measured)];
  return {
    fill(found, truth, target) {
      let entry = 0;
      for (let i = found.from; i < found.to; i++) {
        const detection = detectionParts[found.rows[i]];
        for (let j = truth.from; j < truth.to; j++, entry++) {
          const row = truth.rows[j];
          const object = objectParts[row];
          const common = commonArea(detection, object);
          const whole = crowds[row] ? detection.area : detection.area + object.area - common;
          target[entry] = common === 0 ? 0 : common / whole;
        }
      }
    },
    areaOf,
  };
}

interface Measured {
  mask: RunLengthMask;
  area: number;
  box: [number, number, number, number];
}

function measured(mask: RunLengthMask): Measured {
  return { mask, area: maskArea(mask), box: maskBox(mask) };
}

function commonArea(a: Measured, b: Measured): number {
  if (a.mask.height !== b.mask.height || a.mask.width !== b.mask.width) {
    throw new RangeError(
      `A detection's mask has ${a.mask.height} × ${a.mask.width} pixels, its picture ${b.mask.height} × ${b.mask.width}.`,
    );
  }
  // Most masks lie apart, and boxes tell so at once.
  const [ax, ay, aw, ah] = a.box;
  const [bx, by, bw, bh] = b.box;
  if (Math.min(ax + aw, bx + bw) <= Math.max(ax, bx)) return 0;
  if (Math.min(ay + ah, by + bh) <= Math.max(ay, by)) return 0;
  let common = 0;
  forEachPiece(a.mask, b.mask, (length, inA, inB) => {
    if (inA && inB) common += length;
  });
  return common;
}
