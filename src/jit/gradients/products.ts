import * as tf from '@tensorflow/tfjs-core';
import { defineGradient, unbroadcast } from './define.js';

function run(kernel: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor {
  return tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap) as tf.Tensor;
}

defineGradient('BatchMatMul', { inputs: ['a', 'b'] }, (dy, [a, b], attributes) => {
  const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
  return {
    a: () => {
      const da = transposeA
        ? tf.matMul(b, dy, transposeB, true)
        : tf.matMul(dy, b, false, !transposeB);
      return unbroadcast(da, a.shape);
    },
    b: () => {
      const db = transposeB
        ? tf.matMul(dy, a, true, transposeA)
        : tf.matMul(a, dy, !transposeA, false);
      return unbroadcast(db, b.shape);
    },
  };
});

interface Windows {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  dataFormat: 'NHWC' | 'NCHW';
  dilations?: number | [number, number];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function windowsOf(attributes: Record<string, unknown>): Windows {
  const { dilations = 1, ...windows } = attributes as unknown as Windows;
  if ([dilations].flat().some((dilation) => dilation !== 1)) {
    throw new Error(`a convolution with dilations [${dilations}] has no gradient; only 1 has.`);
  }
  return windows;
}

defineGradient('Conv2D', { inputs: ['x', 'filter'] }, (dy, [x, filter], attributes) => {
  const windows = windowsOf(attributes);
  return {
    x: () => run('Conv2DBackpropInput', { dy, filter }, { ...windows, inputShape: x.shape }),
    filter: () => run('Conv2DBackpropFilter', { x, dy }, { ...windows, filterShape: filter.shape }),
  };
});

defineGradient(
  'Conv2DBackpropInput',
  { inputs: ['dy', 'filter'] },
  (ddx, [dy, filter], attributes) => {
    const { inputShape: _, ...rest } = attributes;
    const windows = windowsOf(rest);
    return {
      dy: () => run('Conv2D', { x: ddx, filter }, { ...windows, dilations: 1 }),
      filter: () =>
        run('Conv2DBackpropFilter', { x: ddx, dy }, { ...windows, filterShape: filter.shape }),
    };
  },
);

defineGradient(
  'DepthwiseConv2dNative',
  { inputs: ['x', 'filter'] },
  (dy, [x, filter], attributes) => {
    const windows = { ...windowsOf(attributes), dilations: [1, 1] };
    return {
      x: () =>
        run(
          'DepthwiseConv2dNativeBackpropInput',
          { dy, filter },
          { ...windows, inputShape: x.shape },
        ),
      filter: () =>
        run(
          'DepthwiseConv2dNativeBackpropFilter',
          { x, dy },
          { ...windows, filterShape: filter.shape },
        ),
    };
  },
);

defineGradient('AvgPool', { inputs: ['x'] }, (dy, [x], attributes) => ({
  x: () => run('AvgPoolGrad', { dy, input: x }, attributes),
}));

defineGradient('MaxPool', { inputs: ['x'], outputs: [true] }, (dy, [x, y], attributes) => ({
  x: () => run('MaxPoolGrad', { dy, input: x, output: y }, attributes),
}));

for (const kernel of ['ResizeBilinear', 'ResizeNearestNeighbor']) {
  defineGradient(kernel, { inputs: ['images'] }, (dy, [images], attributes) => ({
    images: () => run(`${kernel}Grad`, { dy, images }, attributes),
  }));
}
