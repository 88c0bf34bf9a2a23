import * as tf from '@tensorflow/tfjs-core';
import { defineGradient, noGradient } from './define.js';

type Axes = number | number[] | undefined;

/** The axes of a reduction, counted from the front; none given means all. */
function axesOf(x: tf.Tensor, axes: Axes): number[] {
  return tf.util.parseAxisParam(axes ?? [...x.shape.keys()], x.shape);
}

/** A value for each reduced group, [groups…], repeated to the shape of `x`. */
function spread(values: tf.Tensor, x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  if (x.size === 0) return tf.zeros(x.shape);
  const single = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return tf.broadcastTo(tf.reshape(values, single), x.shape);
}

defineGradient('Sum', { inputs: ['x'] }, (dy, [x], { axis }) => ({
  x: () => spread(dy, x, axesOf(x, axis as Axes)),
}));

defineGradient('Mean', { inputs: ['x'] }, (dy, [x], { axis }) => ({
  x: () => {
    const axes = axesOf(x, axis as Axes);
    const count = tf.util.sizeFromShape(axes.map((each) => x.shape[each]));
    return spread(tf.div(dy, count), x, axes);
  },
}));

// Every value that equals the extreme gets the whole gradient, as in TensorFlow.js.
for (const [kernel, attribute] of [
  ['Max', 'reductionIndices'],
  ['Min', 'axis'],
] as const) {
  defineGradient(kernel, { inputs: ['x'], outputs: [true] }, (dy, [x, y], attributes) => ({
    x: () => {
      const axes = axesOf(x, attributes[attribute] as Axes);
      const extreme = tf.cast(tf.equal(x, spread(y, x, axes)), 'float32');
      return tf.mul(spread(dy, x, axes), extreme);
    },
  }));
}

// Of each value, the product of all others: those before it times those behind it.
defineGradient('Prod', { inputs: ['x'] }, (dy, [x], { axis }) => ({
  x: () => {
    const axes = axesOf(x, axis as Axes);
    const kept = [...x.shape.keys()].filter((each) => !axes.includes(each));
    const order = [...kept, ...axes];
    const moved = tf.transpose(x, order);
    const factors = tf.util.sizeFromShape(axes.map((each) => x.shape[each]));
    const rows = tf.reshape(moved, [-1, factors]);
    const others = tf.mul(tf.cumprod(rows, 1, true, false), tf.cumprod(rows, 1, true, true));
    const back = order.map((_, each) => order.indexOf(each));
    return tf.mul(spread(dy, x, axes), tf.transpose(tf.reshape(others, moved.shape), back));
  },
}));

defineGradient('Cumsum', { inputs: ['x'] }, (dy, [x], { axis, exclusive, reverse }) => ({
  x: () => {
    const [along] = tf.util.parseAxisParam(axis as number, x.shape);
    return tf.cumsum(dy, along, exclusive as boolean, !reverse);
  },
}));

for (const kernel of ['ArgMax', 'ArgMin']) {
  defineGradient(kernel, { inputs: ['x'] }, (_, [x]) => ({ x: () => noGradient(x) }));
}

// The result is computed anew for the sake of a gradient's gradient, as in elementwise.ts.
defineGradient('Softmax', { inputs: ['logits'] }, (dy, [logits], { dim }) => ({
  logits: () => {
    const y = tf.softmax(logits, dim as number);
    const weighted = tf.mul(dy, y);
    return tf.sub(weighted, tf.mul(tf.sum(weighted, [dim as number], true), y));
  },
}));
