import type { Graph, Value } from '../graph.js';
import { sizeOf } from '../ndarray.js';
import { elementType } from '../tracer.js';
import { defineKernel, positiveAxes } from './define.js';

defineKernel('GatherV2', ({ graph, inputs: { x, indices }, attributes }) => {
  const rank = x.shape.length;
  const [axis] = positiveAxes(attributes.axis as number, rank);
  const batchDims = (attributes.batchDims as number | undefined) ?? 0;
  if (batchDims !== 0) throw new Error('batchDims other than 0 have no compiled form.');
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const gather = (from: Value) =>
    graph.node('Gather', [from, indices], shape, from.dtype, { axis });
  // Of a table stored in fewer bits, the rows are widened and not the table. WebGPU may have no such values.
  const stored = graph.target !== 'webgpu' && graph.weightBehind(x)?.narrow;
  return stored ? graph.cast(gather(x.producer!.inputs[0]!), x.dtype) : gather(x);
});

// A comparison with 0 … depth−1: onnxruntime's OneHot lacks most types, and counts negative indices from
// the end, where tfjs gives them no hot place.
defineKernel('OneHot', ({ graph, inputs: { indices }, attributes }) => {
  const depth = attributes.depth as number;
  const dtype = elementType(attributes.dtype ?? 'int32');
  const shape = [...indices.shape, depth];
  const places = graph.constant([...Array(depth).keys()], [depth], 'int32');
  const hot = graph.node(
    'Equal',
    [graph.reshape(graph.cast(indices, 'int32'), [...indices.shape, 1]), places],
    shape,
    'bool',
  );
  const [on, off] = [attributes.onValue, attributes.offValue].map((value) =>
    graph.constant([value as number], [], dtype),
  );
  return graph.node('Where', [hot, on, off], shape, dtype);
});

/**
 * Rows of `x` summed by segment: the gradient of a gather. ScatterElements adds one after the other, so
 * repeated indices are summed in a fixed order and the result is the same on every run.
 */
defineKernel('UnsortedSegmentSum', ({ graph, inputs, attributes }) => {
  // tfjs sums in floats, whatever it is given.
  const { segmentIds } = inputs;
  const x = graph.cast(inputs.x, 'float32');
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
