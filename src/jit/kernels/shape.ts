import { slice_util } from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.js';
import { sizeOf } from '../ndarray.js';
import { elementType } from '../tracer.js';
import { defineKernel, positiveAxes } from './define.js';

/** `size` values per axis from `begin` on, every `strides`-th of them. */
export function slice(
  graph: Graph,
  x: Value,
  begin: number[],
  size: number[],
  strides?: number[],
): Value {
  if (size.length === 0 || (!strides && size.every((length, axis) => length === x.shape[axis])))
    return x;
  const steps = strides ?? begin.map(() => 1);
  const ends = begin.map((start, axis) => {
    const end = start + size[axis] * steps[axis];
    // Walking down to index 0 ends before it, which ONNX takes as a very negative number.
    return end < 0 ? -(2 ** 31) : end;
  });
  const lists = [begin, ends, begin.map((_, axis) => axis), steps].map((list) =>
    graph.int64s(list),
  );
  return graph.node('Slice', [x, ...lists], size, x.dtype);
}

defineKernel('Reshape', ({ graph, inputs: { x }, attributes }) => {
  const shape = [...(attributes.shape as number[])];
  const known = sizeOf(shape.filter((dimension) => dimension >= 0));
  const resolved = shape.map((dimension) => (dimension < 0 ? sizeOf(x.shape) / known : dimension));
  if (sizeOf(resolved) !== sizeOf(x.shape) || !resolved.every(Number.isInteger)) {
    throw new Error(`${sizeOf(x.shape)} values cannot take the shape [${shape}].`);
  }
  return graph.reshape(x, resolved);
});

defineKernel('ExpandDims', ({ graph, inputs: { input }, attributes }) => {
  const shape = [...input.shape];
  const dim = attributes.dim as number;
  shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
  return graph.reshape(input, shape);
});

defineKernel('Transpose', ({ graph, inputs: { x }, attributes }) =>
  graph.transpose(x, attributes.perm as number[]),
);

defineKernel('Slice', ({ graph, inputs: { x }, attributes }) => {
  const [begin, size] = slice_util.parseSliceParams(
    { shape: [...x.shape] } as never,
    attributes.begin as number[],
    attributes.size as number[],
  );
  slice_util.assertParamsValid({ shape: x.shape, rank: x.shape.length } as never, begin, size);
  return slice(graph, x, begin, size);
});

defineKernel('StridedSlice', ({ graph, inputs: { x }, attributes }) => {
  const masks = ['beginMask', 'endMask', 'ellipsisMask', 'newAxisMask', 'shrinkAxisMask'];
  const [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] = masks.map(
    (mask) => (attributes[mask] as number | undefined) ?? 0,
  );
  const info = slice_util.sliceInfo(
    [...x.shape],
    attributes.begin as number[],
    attributes.end as number[],
    attributes.strides as number[],
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
  // tfjs yields −0 for some empty dimensions.
  const size = slice_util
    .computeOutShape(info.begin, info.end, info.strides)
    .map((length) => Math.max(0, length));
  return graph.reshape(slice(graph, x, info.begin, size, info.strides), info.finalShape);
});

defineKernel('Reverse', ({ graph, inputs: { x }, attributes }) => {
  const axes = positiveAxes(attributes.dims as number[], x.shape.length);
  const strides = x.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1));
  const begin = x.shape.map((dimension, axis) => (axes.includes(axis) ? dimension - 1 : 0));
  return slice(graph, x, begin, [...x.shape], strides);
});

defineKernel('Concat', ({ graph, inputs, attributes }) => {
  const parts = Object.values(inputs);
  const [axis] = positiveAxes(attributes.axis as number, parts[0].shape.length);
  return concat(graph, parts, axis);
});

function concat(graph: Graph, parts: Value[], axis: number): Value {
  if (parts.length === 1) return parts[0];
  const shape = [...parts[0].shape];
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis], 0);
  return graph.node('Concat', parts, shape, parts[0].dtype, { axis });
}

defineKernel('Pack', ({ graph, inputs, attributes }) => {
  const parts = Object.values(inputs);
  const [axis] = positiveAxes(attributes.axis as number, parts[0].shape.length + 1);
  const shape = [...parts[0].shape];
  shape.splice(axis, 0, 1);
  return concat(
    graph,
    parts.map((part) => graph.reshape(part, shape)),
    axis,
  );
});

defineKernel('Unpack', ({ graph, inputs: { value }, attributes }) => {
  const [axis] = positiveAxes(attributes.axis as number, value.shape.length);
  const shape = value.shape.filter((_, index) => index !== axis);
  const size = value.shape.map((dimension, index) => (index === axis ? 1 : dimension));
  return Array.from({ length: value.shape[axis] }, (_, position) => {
    const begin = value.shape.map((_, index) => (index === axis ? position : 0));
    return graph.reshape(slice(graph, value, begin, size), shape);
  });
});

defineKernel('SplitV', ({ graph, inputs: { x }, attributes }) => {
  const [axis] = positiveAxes(attributes.axis as number, x.shape.length);
  const asked = attributes.numOrSizeSplits as number | number[];
  const lengths =
    typeof asked === 'number'
      ? Array.from({ length: asked }, () => x.shape[axis] / asked)
      : asked.map((length) =>
          length >= 0
            ? length
            : x.shape[axis] - asked.reduce((sum, other) => sum + Math.max(other, 0), 0),
        );
  let start = 0;
  return lengths.map((length) => {
    const begin = x.shape.map((_, index) => (index === axis ? start : 0));
    const size = x.shape.map((dimension, index) => (index === axis ? length : dimension));
    start += length;
    return slice(graph, x, begin, size);
  });
});

defineKernel('Tile', ({ graph, inputs: { x }, attributes }) => {
  const repeats = attributes.reps as number[];
  const shape = x.shape.map((dimension, axis) => dimension * repeats[axis]);
  // Repeating a single row or column needs no copy before it is used.
  return x.shape.every((dimension, axis) => dimension === 1 || repeats[axis] === 1)
    ? graph.node('Expand', [x, graph.int64s(shape)], shape, x.dtype)
    : graph.node('Tile', [x, graph.int64s(repeats)], shape, x.dtype);
});

defineKernel('PadV2', ({ graph, inputs: { x }, attributes }) => {
  const fill = (attributes.constantValue as number) ?? 0;
  return pad(graph, x, attributes.paddings as [number, number][], fill);
});

/** `fill` put before and behind each axis. */
export function pad(
  graph: Graph,
  x: Value,
  paddings: readonly (readonly [before: number, after: number])[],
  fill = 0,
): Value {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((dimension, axis) => paddings[axis][0] + dimension + paddings[axis][1]);
  const pads = graph.int64s([
    ...paddings.map(([before]) => before),
    ...paddings.map(([, after]) => after),
  ]);
  const filling = graph.constant([fill], [], x.dtype);
  return graph.node('Pad', [x, pads, filling], shape, x.dtype, { mode: 'constant' });
}

defineKernel('ZerosLike', ({ graph, inputs: { x } }) => graph.fill(0, x.shape, x.dtype));
defineKernel('OnesLike', ({ graph, inputs: { x } }) => graph.fill(1, x.shape, x.dtype));

defineKernel('Fill', ({ graph, attributes }) => {
  const dtype = elementType(attributes.dtype);
  return graph.fill(Number(attributes.value), attributes.shape as number[], dtype);
});

defineKernel('Range', ({ graph, attributes }) => {
  const { start, stop, step } = attributes as Record<'start' | 'stop' | 'step', number>;
  const numbers = Array.from(
    { length: Math.max(0, Math.ceil((stop - start) / step)) },
    (_, index) => start + index * step,
  );
  return graph.constant(numbers, [numbers.length], elementType(attributes.dtype));
});
