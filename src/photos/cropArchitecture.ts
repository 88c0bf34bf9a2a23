// Of EfficientNet-Lite2. Apart from the network itself, which loads tfjs: a start with kept graphs needs the shapes
// alone.

/** An inverted residual block: expansion, a convolution of each channel by itself, projection. */
export interface CropBlock {
  inner: number;
  /** Channels between; as many as go in where there is no expansion. */
  expanded: number;
  outer: number;
  kernel: number;
  stride: number;
}

export const stemWidth = 32;
export const featureWidth = 1280;

/** Factor of expansion, kernel, stride of the first, width, blocks. */
const stages = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 3],
  [6, 5, 2, 48, 3],
  [6, 3, 2, 88, 4],
  [6, 5, 1, 120, 4],
  [6, 5, 2, 208, 5],
  [6, 3, 1, 352, 1],
];

/** The blocks of EfficientNet-Lite2. */
export const cropBlocks: readonly CropBlock[] = stages.flatMap(
  ([expansion, kernel, stride, outer, repeats], stage) =>
    Array.from({ length: repeats }, (_, index) => {
      const inner = index > 0 ? outer : stage > 0 ? stages[stage - 1][3] : stemWidth;
      return { inner, expanded: expansion * inner, outer, kernel, stride: index > 0 ? 1 : stride };
    }),
);
