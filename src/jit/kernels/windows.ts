import { backend_util } from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.js';
import { pad, slice } from './shape.js';

/** Where the windows of a convolution or pooling lie along one side of the picture. */
interface Side {
  /** Length of the picture, and number of windows. */
  length: number;
  windows: number;
  kernel: number;
  stride: number;
  dilation: number;
  /** Places outside of the picture that the first window reaches. */
  before: number;
  /** Places by which the last window ends behind the picture; negative where it ends inside. */
  after: number;
}

export interface Windows {
  batch: number;
  rows: Side;
  columns: Side;
}

/**
 * The windows of a tfjs kernel over a picture [batch, height, width, channels].
 * @param kernel height and width of a window, or one number for both.
 */
export function windowsOf(
  shape: readonly number[],
  kernel: number | readonly number[],
  attributes: Record<string, unknown>,
): Windows {
  const { strides, pad: padding, dilations, dataFormat, dimRoundingMode } = attributes;
  if (dataFormat === 'NCHW') {
    throw new Error('dataFormat NCHW has no compiled form; transpose the picture to NHWC.');
  }
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    kernel as [number, number],
    strides as number,
    (dilations as number | undefined) ?? 1,
    padding as number,
    dimRoundingMode as 'floor' | undefined,
  );
  const side = (
    length: number,
    windows: number,
    kernel: number,
    stride: number,
    dilation: number,
    before: number,
  ): Side => {
    const end = (windows - 1) * stride + (kernel - 1) * dilation + 1;
    return { length, windows, kernel, stride, dilation, before, after: end - length - before };
  };
  return {
    batch: info.batchSize,
    rows: side(
      info.inHeight,
      info.outHeight,
      info.filterHeight,
      info.strideHeight,
      info.dilationHeight,
      info.padInfo.top,
    ),
    columns: side(
      info.inWidth,
      info.outWidth,
      info.filterWidth,
      info.strideWidth,
      info.dilationWidth,
      info.padInfo.left,
    ),
  };
}

/** The attributes by which ONNX knows the windows. */
export function windowAttributes({ rows, columns }: Windows): Record<string, number[]> {
  const sides = [rows, columns];
  for (const side of sides) {
    // ONNX has as many windows as fit; tfjs counts them by the height where padding is one number for both sides.
    if (side.windows < 1 || -side.after >= side.stride) {
      throw new Error(
        `${side.windows} windows of ${side.kernel} do not fit a side of ${side.length}; give the padding per side.`,
      );
    }
  }
  return {
    kernel_shape: sides.map(({ kernel }) => kernel),
    strides: sides.map(({ stride }) => stride),
    dilations: sides.map(({ dilation }) => dilation),
    pads: [...sides.map(({ before }) => before), ...sides.map(({ after }) => Math.max(0, after))],
  };
}

/** Whether each window is one place of the picture. */
export function isPointwise({ rows, columns }: Windows): boolean {
  return [rows, columns].every(
    ({ kernel, before, after }) => kernel === 1 && before === 0 && after <= 0,
  );
}

/**
 * What stands at each position of the kernel, in all windows: for every position, row by row, a value
 * [batch, windows down, windows across, channels].
 */
export function positions(graph: Graph, x: Value, { batch, rows, columns }: Windows): Value[] {
  const margin = ({ before, after }: Side) => [before, Math.max(0, after)] as const;
  const padded = pad(graph, x, [[0, 0], margin(rows), margin(columns), [0, 0]]);
  const size = [batch, rows.windows, columns.windows, x.shape[3]];
  const steps = [1, rows.stride, columns.stride, 1];
  const strides = steps.some((step) => step > 1) ? steps : undefined;
  return range(rows.kernel).flatMap((row) =>
    range(columns.kernel).map((column) => {
      const begin = [0, row * rows.dilation, column * columns.dilation, 0];
      return slice(graph, padded, begin, size, strides);
    }),
  );
}

export function range(length: number): number[] {
  return [...Array(length).keys()];
}

/** [batch, height, width, channels] → [batch, channels, height, width], as ONNX has pictures. */
export function channelsFirst(graph: Graph, x: Value): Value {
  return graph.transpose(x, [0, 3, 1, 2]);
}

/** The inverse of `channelsFirst`. */
export function channelsLast(graph: Graph, x: Value): Value {
  return graph.transpose(x, [0, 2, 3, 1]);
}
