import type { Graph, Value } from '../graph.js';
import { sizeOf } from '../ndarray.js';
import { defineKernel, type KernelCall } from './define.js';
import { emitProduct } from './matmul.js';
import {
  channelsFirst,
  channelsLast,
  isPointwise,
  positions,
  type Windows,
  windowAttributes,
  windowsOf,
} from './windows.js';

// Filters are [height, width, channels in, channels out] in tfjs and [out, in, height, width] in ONNX.

defineKernel('Conv2D', (call) => convolution(call));

defineKernel('FusedConv2D', (call) => {
  const { graph, inputs, attributes } = call;
  const { activation = 'linear' } = attributes;
  if (activation !== 'linear' && activation !== 'relu') {
    throw new Error(`activation ${activation} is not fused; apply it to the convolution.`);
  }
  const channels = inputs.filter.shape[3];
  const { bias } = inputs;
  const perChannel = bias && sizeOf(bias.shape) === channels && bias.shape.at(-1) === channels;
  let y = convolution(call, perChannel ? graph.reshape(bias, [channels]) : undefined);
  if (bias && !perChannel) y = graph.node('Add', [y, bias], y.shape, 'float32');
  return activation === 'relu' ? graph.node('Relu', [y], y.shape, 'float32') : y;
});

/**
 * Whether a picture comes from an operator that has channels first, with nothing in between but operators past
 * which onnxruntime moves transposes: a convolution of single places is then no product of matrices, for which the
 * picture would have to be turned and turned back.
 */
function isChannelsFirst({ producer }: Value): boolean {
  if (!producer) return false;
  const { opType, attributes, inputs } = producer;
  if (opType === 'Transpose') return String(attributes.perm) === '0,2,3,1';
  return passed.has(opType) && inputs.some((input) => input && isChannelsFirst(input));
}

const passed = new Set(['Add', 'Clip', 'Concat', 'LeakyRelu', 'Mul', 'Relu', 'Sigmoid']);

/** @param bias [channels out] */
function convolution(call: KernelCall, bias?: Value): Value {
  const { graph, attributes } = call;
  const { x, filter } = call.inputs;
  const windows = windowsOf(x.shape, filter.shape, attributes);
  const { batch, rows, columns } = windows;
  const [inner, channels] = filter.shape.slice(2);
  const shape = [batch, rows.windows, columns.windows, channels];
  if (isPointwise(windows) && (call.precision === 'int8' || !isChannelsFirst(x))) {
    const [places] = positions(graph, x, windows);
    return graph.reshape(
      emitProduct(call, {
        a: graph.reshape(places, [sizeOf(shape.slice(0, 3)), inner]),
        b: graph.reshape(filter, [inner, channels]),
        transposeA: false,
        transposeB: false,
        bias,
      }),
      shape,
    );
  }
  const kernel = graph.transpose(filter, [3, 2, 0, 1]);
  const y = graph.node(
    'Conv',
    bias ? [channelsFirst(graph, x), kernel, bias] : [channelsFirst(graph, x), kernel],
    [batch, channels, rows.windows, columns.windows],
    'float32',
    windowAttributes(windows),
  );
  return channelsLast(graph, y);
}

defineKernel('Conv2DBackpropInput', (call) => {
  const { graph, attributes } = call;
  const { dy, filter } = call.inputs;
  const shape = attributes.inputShape as number[];
  const windows = windowsOf(shape, filter.shape, attributes);
  const { rows, columns } = windows;
  const [inner, channels] = filter.shape.slice(2);
  const isDense = rows.stride === 1 && columns.stride === 1;
  if (isPointwise(windows) && isDense) {
    const product = emitProduct(call, {
      a: graph.reshape(dy, [sizeOf(dy.shape.slice(0, 3)), channels]),
      b: graph.reshape(filter, [inner, channels]),
      transposeA: false,
      transposeB: true,
    });
    return graph.reshape(product, shape);
  }
  const margins = [rows, columns].map(({ kernel, before, after }) => ({
    before: kernel - 1 - before,
    after: kernel - 1 - after,
  }));
  if (!isDense || margins.some(({ before, after }) => before < 0 || after < 0)) {
    const kernel = graph.transpose(filter, [3, 2, 0, 1]);
    return channelsLast(graph, transposedConvolution(graph, dy, kernel, shape, windows));
  }
  // Without strides it is a convolution with the filter turned by 180°, which onnxruntime computes faster.
  const dx = graph.node(
    'Conv',
    [channelsFirst(graph, dy), graph.transpose(turned(graph, filter), [2, 3, 0, 1])],
    [shape[0], inner, rows.length, columns.length],
    'float32',
    {
      kernel_shape: [rows.kernel, columns.kernel],
      pads: [...margins.map(({ before }) => before), ...margins.map(({ after }) => after)],
    },
  );
  return channelsLast(graph, dx);
});

/**
 * What the places of a picture get from the windows they are in; channels first.
 * @param kernel as ONNX has it for the convolution whose gradient this is.
 * @param shape of the picture, channels last.
 */
export function transposedConvolution(
  graph: Graph,
  dy: Value,
  kernel: Value,
  shape: readonly number[],
  windows: Windows,
  group = 1,
): Value {
  const { rows, columns } = windows;
  return graph.node(
    'ConvTranspose',
    [channelsFirst(graph, dy), kernel],
    [shape[0], shape[3], shape[1], shape[2]],
    'float32',
    {
      ...windowAttributes(windows),
      // Places behind the last window, which get nothing.
      output_padding: [rows, columns].map(({ after }) => Math.max(0, -after)),
      group,
    },
  );
}

/** A filter with its rows and columns in reverse. */
function turned(graph: Graph, filter: Value): Value {
  const [height, width, inner, channels] = filter.shape;
  const places = height * width;
  const flat = graph.reshape(filter, [places, inner * channels]);
  // Walking down to index 0 ends before it, which ONNX takes as a very negative number.
  const [from, to, axis, step] = [places - 1, -(2 ** 31), 0, -1].map((at) => graph.int64s([at]));
  const reversed = graph.node('Slice', [flat, from, to, axis, step], flat.shape, 'float32');
  return graph.reshape(reversed, filter.shape);
}

/**
 * One product per position of the kernel: what stands there in all windows, with their gradients. ONNX could
 * express it as one convolution with windows as large as the picture, for which onnxruntime takes twice as long.
 */
defineKernel('Conv2DBackpropFilter', (call) => {
  const { graph, attributes } = call;
  const { x, dy } = call.inputs;
  const shape = attributes.filterShape as number[];
  const windows = windowsOf(x.shape, shape, attributes);
  const [inner, channels] = shape.slice(2);
  const count = sizeOf(dy.shape.slice(0, 3));
  const gradients = graph.reshape(dy, [count, channels]);
  const products = positions(graph, x, windows).map((place) =>
    emitProduct(call, {
      a: graph.reshape(place, [count, inner]),
      b: gradients,
      transposeA: true,
      transposeB: false,
    }),
  );
  const joined =
    products.length === 1
      ? products[0]
      : graph.node('Concat', products, [products.length * inner, channels], 'float32', { axis: 0 });
  return graph.reshape(joined, shape);
});
