// Of NanoDet-g. Apart from the network itself, which loads tfjs: a start with kept graphs needs the shapes alone.

/** Width of the first stage; each later one is twice as wide. */
export const firstWidth = 32;
/** Residual blocks of each stage. */
export const stageBlocks = [1, 2, 2, 3];
/** Width of the pyramid. */
export const pyramidWidth = 128;
/** Steps in pixels between the cells of the maps. */
export const strides = [8, 16, 32];
