import { uniteMasks } from './combine.js';
import { decompressCounts } from './compressedCounts.js';
import { maskOfPolygon } from './polygon.js';
import { maskOfCounts, type RunLengthMask } from './runLength.js';

/** The outline of an object as COCO's files have it: polygons, or lengths of runs, as numbers or compressed. */
export type Segmentation =
  | readonly ArrayLike<number>[]
  | { size: readonly number[]; counts: string | readonly number[] };

/**
 * The mask of a segmentation.
 * @param size of the picture, which polygons do not say.
 * @throws RangeError saying what is wrong with it.
 */
export function maskOfSegmentation(
  segmentation: Segmentation,
  { height, width }: { height: number; width: number },
): RunLengthMask {
  if ('counts' in segmentation) {
    const { size, counts } = segmentation;
    if (size.length !== 2) throw new RangeError("A mask's size must be its height and width.");
    return maskOfCounts(
      typeof counts === 'string' ? decompressCounts(counts) : counts,
      ...(size as [number, number]),
    );
  }
  if (segmentation.length === 0) throw new RangeError('A segmentation has no polygons.');
  return uniteMasks(segmentation.map((corners) => maskOfPolygon(corners, height, width)));
}
