import type { Graph, Value } from '../graph.js';
import { defineKernel, positiveAxes } from './define.js';

type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd';

function reduce(
  graph: Graph,
  opType: Reduction,
  x: Value,
  axes: number[],
  keepDims: boolean,
): Value {
  const shape = x.shape.flatMap((dimension, axis) =>
    axes.includes(axis) ? (keepDims ? [1] : []) : [dimension],
  );
  if (axes.every((axis) => x.shape[axis] === 1)) return graph.reshape(x, shape);
  const keepdims = keepDims ? 1 : 0;
  // In opset 17 the sum takes its axes as an input, the other reductions as an attribute.
  return opType === 'ReduceSum'
    ? graph.node(opType, [x, graph.int64s(axes)], shape, x.dtype, { keepdims })
    : graph.node(opType, [x], shape, x.dtype, { axes, keepdims });
}

const reductions: Record<string, Reduction> = {
  Sum: 'ReduceSum',
  Mean: 'ReduceMean',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Prod: 'ReduceProd',
};

for (const [name, opType] of Object.entries(reductions)) {
  defineKernel(name, ({ graph, inputs: { x }, attributes }) => {
    const numbers = x.dtype === 'bool' ? graph.cast(x, 'int32') : x;
    const averaged = opType === 'ReduceMean' ? graph.cast(numbers, 'float32') : numbers;
    // The maximum alone calls its axes by another name.
    const asked = (attributes.axis ?? attributes.reductionIndices ?? null) as number[] | null;
    const axes = positiveAxes(asked, x.shape.length);
    return reduce(graph, opType, averaged, axes, Boolean(attributes.keepDims));
  });
}

for (const [name, opType] of [
  ['All', 'ReduceMin'],
  ['Any', 'ReduceMax'],
] as const) {
  defineKernel(name, ({ graph, inputs: { x }, attributes }) => {
    const axes = positiveAxes(attributes.axis as number[] | null, x.shape.length);
    const reduced = reduce(
      graph,
      opType,
      graph.cast(x, 'int32'),
      axes,
      Boolean(attributes.keepDims),
    );
    return graph.cast(reduced, 'bool');
  });
}

for (const opType of ['ArgMax', 'ArgMin']) {
  defineKernel(opType, ({ graph, inputs: { x }, attributes }) => {
    const [axis] = positiveAxes(attributes.axis as number, x.shape.length);
    const shape = x.shape.filter((_, index) => index !== axis);
    return graph.cast(graph.node(opType, [x], shape, 'int64', { axis, keepdims: 0 }), 'int32');
  });
}

defineKernel('Cumsum', ({ graph, inputs: { x }, attributes }) => {
  const [axis] = positiveAxes(attributes.axis as number, x.shape.length);
  return graph.node('CumSum', [x, graph.constant([axis], [], 'int64')], x.shape, x.dtype, {
    exclusive: attributes.exclusive ? 1 : 0,
    reverse: attributes.reverse ? 1 : 0,
  });
});

/** ONNX has no running product: the window multiplied doubles with each round, as in a parallel scan. */
defineKernel('Cumprod', ({ graph, inputs: { x }, attributes }) => {
  const [axis] = positiveAxes(attributes.axis as number, x.shape.length);
  const length = x.shape[axis];
  const reverse = Boolean(attributes.reverse);
  const one = graph.constant([1], [], x.dtype);
  /** Moves values along the axis; ones come in. */
  const shifted = (value: Value, by: number) => {
    const pads = x.shape.flatMap(() => [0, 0]);
    pads[reverse ? axis + x.shape.length : axis] = by;
    pads[reverse ? axis : axis + x.shape.length] = -by;
    return graph.node('Pad', [value, graph.int64s(pads), one], x.shape, x.dtype, {
      mode: 'constant',
    });
  };
  let product = attributes.exclusive ? shifted(x, 1) : x;
  for (let window = 1; window < length; window *= 2) {
    product = graph.node('Mul', [product, shifted(product, window)], x.shape, x.dtype);
  }
  return product;
});

defineKernel('Softmax', ({ graph, inputs: { logits }, attributes }) => {
  const [axis] = positiveAxes(attributes.dim as number, logits.shape.length);
  return graph.node('Softmax', [logits], logits.shape, 'float32', { axis });
});

defineKernel('TopK', ({ graph, inputs: { x }, attributes }) => {
  const axis = x.shape.length - 1;
  const shape = [...x.shape.slice(0, -1), attributes.k as number];
  const [values, indices] = graph.nodeWithOutputs(
    'TopK',
    [x, graph.int64s([attributes.k as number])],
    [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int64' },
    ],
    { axis, largest: 1, sorted: attributes.sorted ? 1 : 0 },
  );
  return [values, graph.cast(indices, 'int32')];
});

/** y, mean and 1/σ over the last axis; the latter two are for the gradient. */
defineKernel('LayerNorm', ({ graph, inputs: { x, scale, bias }, attributes }) => {
  const statistics = [...x.shape.slice(0, -1), 1];
  const epsilon = attributes.epsilon as number;
  return graph.nodeWithOutputs(
    'LayerNormalization',
    [x, scale, bias],
    [
      { shape: x.shape, dtype: 'float32' },
      { shape: statistics, dtype: 'float32' },
      { shape: statistics, dtype: 'float32' },
    ],
    { axis: -1, epsilon: { float: epsilon } },
  );
});
