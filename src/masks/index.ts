/** Run-length masks as COCO's tools have them. */
export { intersectMasks, uniteMasks } from './combine.js';
export { compressCounts, decompressCounts } from './compressedCounts.js';
export { maskOfBox, maskOfPolygon } from './polygon.js';
export {
  decodeMask,
  encodeMask,
  maskArea,
  maskBox,
  maskOfCounts,
  type RunLengthMask,
} from './runLength.js';
export { maskOfSegmentation, type Segmentation } from './segmentation.js';
