import * as tf from '@tensorflow/tfjs-core';
import { defineGradient } from './define.js';

defineGradient('Reshape', { inputs: ['x'] }, (dy, [x]) => ({ x: () => tf.reshape(dy, x.shape) }));

defineGradient('ExpandDims', { inputs: ['input'] }, (dy, [input]) => ({
  input: () => tf.reshape(dy, input.shape),
}));

defineGradient('Transpose', {}, (dy, _, { perm }) => {
  const order = perm as number[];
  return {
    x: () =>
      tf.transpose(
        dy,
        order.map((_, axis) => order.indexOf(axis)),
      ),
  };
});

defineGradient('Slice', { inputs: ['x'] }, (dy, [x], { begin, size }) => ({
  x: () => {
    const [first, count] = tf.slice_util.parseSliceParams(x, begin as number[], size as number[]);
    return tf.pad(
      dy,
      x.shape.map((side, axis): [number, number] => [
        first[axis],
        side - first[axis] - count[axis],
      ]),
    );
  },
}));

defineGradient('PadV2', { inputs: ['x'] }, (dy, [x], { paddings }) => ({
  x: () => {
    const before = (paddings as [number, number][]).map(([first]) => first);
    return tf.slice(dy, before, x.shape);
  },
}));

defineGradient('Concat', { list: true }, (dy, parts, { axis }) => {
  const [along] = tf.util.parseAxisParam(axis as number, parts[0].shape);
  const sizes = parts.map(({ shape }) => shape[along]);
  return tf.split(dy, sizes, along).map((part) => () => part);
});

defineGradient<tf.Tensor | tf.Tensor[]>('SplitV', {}, (dy, _, { axis }) => ({
  x: () => tf.concat([dy].flat(), axis as number),
}));

defineGradient('Pack', { list: true }, (dy, _, { axis }) =>
  tf.unstack(dy, axis as number).map((part) => () => part),
);

defineGradient<tf.Tensor | tf.Tensor[]>('Unpack', {}, (dy, _, { axis }) => ({
  value: () => tf.stack([dy].flat(), axis as number),
}));

defineGradient('Reverse', {}, (dy, _, { dims }) => ({ x: () => tf.reverse(dy, dims as number[]) }));

defineGradient('Tile', { inputs: ['x'] }, (dy, [x], { reps }) => ({
  x: () => {
    // Each repeated axis becomes two: the repeats, which are summed, and the axis.
    const repeats = reps as number[];
    const shape = x.shape.flatMap((side, axis) =>
      repeats[axis] > 1 ? [repeats[axis], side] : side,
    );
    const summed: number[] = [];
    let place = 0;
    for (const count of repeats) {
      if (count > 1) summed.push(place++);
      place++;
    }
    return summed.length > 0 ? tf.sum(tf.reshape(dy, shape), summed) : dy;
  },
}));
