import type { ElementType, Graph, Value } from '../graph.js';
import { sizeOf } from '../ndarray.js';
import { defineKernel, positiveAxes } from './define.js';

defineKernel('GatherV2', ({ graph, inputs: { x, indices }, attributes }) => {
  const rank = x.shape.length;
  const [axis] = positiveAxes(attributes.axis as number, rank);
  const batchDims = (attributes.batchDims as number | undefined) ?? 0;
  if (batchDims !== 0) throw new Error('batchDims other than 0 have no compiled form.');
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return graph.node('Gather', [x, indices], shape, x.dtype, { axis });
});

defineKernel('OneHot', ({ graph, inputs: { indices }, attributes }) => {
  const dtype = (attributes.dtype as ElementType | undefined) ?? 'int32';
  const depth = attributes.depth as number;
  const values = graph.constant(
    [attributes.offValue as number, attributes.onValue as number],
    [2],
    dtype,
  );
  // ONNX counts a negative index from the end, tfjs gives it no hot place; -depth-1 is out of both ranges.
  const outside = graph.node(
    'Less',
    [indices, graph.constant([0], [], 'int32')],
    indices.shape,
    'bool',
  );
  const far = graph.constant([-depth - 1], [], 'int32');
  const safe = graph.node('Where', [outside, far, indices], indices.shape, 'int32');
  return graph.node(
    'OneHot',
    [graph.cast(safe, 'int64'), graph.constant([depth], [], 'int64'), values],
    [...indices.shape, depth],
    dtype,
    { axis: -1 },
  );
});

/**
 * Rows of `x` summed by segment: the gradient of a gather. ScatterElements adds one after the other, so
 * repeated indices are summed in a fixed order and the result is the same on every run.
 */
defineKernel('UnsortedSegmentSum', ({ graph, inputs: { x, segmentIds }, attributes }) => {
  const segments = attributes.numSegments as number;
  const [count] = segmentIds.shape;
  const shape = [segments, ...x.shape.slice(1)];
  const width = sizeOf(x.shape.slice(1));
  const rows = graph.reshape(x, [count, width]);
  const column = graph.reshape(graph.cast(segmentIds, 'int64'), [count, 1]);
  const places = expand(graph, column, [count, width]);
  const zeros = graph.fill(0, [segments, width], x.dtype);
  const sums = graph.node('ScatterElements', [zeros, places, rows], [segments, width], x.dtype, {
    axis: 0,
    reduction: 'add',
  });
  return graph.reshape(sums, shape);
});

function expand(graph: Graph, value: Value, shape: number[]): Value {
  return graph.node('Expand', [value, graph.int64s(shape)], shape, value.dtype);
}
