import type { Value } from '../graph.js';
import { transposedConvolution } from './convolution.js';
import { defineKernel, type KernelCall } from './define.js';
import { channelsFirst, channelsLast, positions, windowAttributes, windowsOf } from './windows.js';

// Each channel has filters of its own: [height, width, channels, filters per channel]. For ONNX they are
// [channels · filters per channel, 1, height, width], and every channel is a group.

defineKernel('DepthwiseConv2dNative', (call) => depthwise(call));

defineKernel('FusedDepthwiseConv2D', (call) => {
  const { graph, inputs, attributes } = call;
  const { activation = 'linear' } = attributes;
  if (activation !== 'linear') {
    throw new Error(`activation ${activation} is not fused; apply it to the convolution.`);
  }
  const [, , channels, multiple] = inputs.filter.shape;
  const { bias } = inputs;
  return depthwise(call, bias && graph.reshape(bias, [channels * multiple]));
});

/** @param bias [channels · filters per channel] */
function depthwise({ graph, inputs: { x, filter }, attributes }: KernelCall, bias?: Value): Value {
  const windows = windowsOf(x.shape, filter.shape, attributes);
  const [height, width, channels, multiple] = filter.shape;
  const kernel = graph.reshape(graph.transpose(filter, [2, 3, 0, 1]), [
    channels * multiple,
    1,
    height,
    width,
  ]);
  const y = graph.node(
    'Conv',
    bias ? [channelsFirst(graph, x), kernel, bias] : [channelsFirst(graph, x), kernel],
    [windows.batch, channels * multiple, windows.rows.windows, windows.columns.windows],
    'float32',
    { ...windowAttributes(windows), group: channels },
  );
  return channelsLast(graph, y);
}

defineKernel(
  'DepthwiseConv2dNativeBackpropInput',
  ({ graph, inputs: { dy, filter }, attributes }) => {
    const shape = attributes.inputShape as number[];
    const windows = windowsOf(shape, filter.shape, attributes);
    const [height, width, channels, multiple] = filter.shape;
    const kernel = graph.reshape(graph.transpose(filter, [2, 3, 0, 1]), [
      channels * multiple,
      1,
      height,
      width,
    ]);
    return channelsLast(graph, transposedConvolution(graph, dy, kernel, shape, windows, channels));
  },
);

defineKernel('DepthwiseConv2dNativeBackpropFilter', ({ graph, inputs: { x, dy }, attributes }) => {
  const shape = attributes.filterShape as number[];
  const windows = windowsOf(x.shape, shape, attributes);
  const [, , channels, multiple] = shape;
  const count = windows.batch * windows.rows.windows * windows.columns.windows;
  const gradients = graph.reshape(dy, [count, channels, multiple]);
  const sums = positions(graph, x, windows).map((place): Value => {
    const values = graph.reshape(place, [count, channels, 1]);
    const products = graph.node('Mul', [values, gradients], gradients.shape, 'float32');
    return graph.node(
      'ReduceSum',
      [products, graph.int64s([0])],
      [1, channels, multiple],
      'float32',
      { keepdims: 1 },
    );
  });
  const joined = graph.node('Concat', sums, [sums.length, channels, multiple], 'float32', {
    axis: 0,
  });
  return graph.reshape(joined, shape);
});
