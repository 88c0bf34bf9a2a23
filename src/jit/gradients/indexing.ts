import * as tf from '@tensorflow/tfjs-core';
import { defineGradient, noGradient } from './define.js';

/** Every row of the gradient is added to the row of `x` that it was taken from. */
defineGradient('GatherV2', { inputs: ['x', 'indices'] }, (dy, [x, indices], attributes) => ({
  x: () => {
    const { batchDims = 0 } = attributes as { batchDims?: number };
    const [axis] = tf.util.parseAxisParam(attributes.axis as number, x.shape);
    const batch = x.shape.slice(0, batchDims);
    const outer = x.shape.slice(batchDims, axis);
    const inner = x.shape.slice(axis + 1);
    const [batches, rows] = [tf.util.sizeFromShape(batch), x.shape[axis]];
    const taken = indices.size / batches;

    // [batch, outer, taken, inner] with the taken rows in front of the rest.
    const sizes = [batches, tf.util.sizeFromShape(outer), taken, tf.util.sizeFromShape(inner)];
    const front = tf.transpose(tf.reshape(dy, sizes), [0, 2, 1, 3]);
    const flat = tf.reshape(front, [batches * taken, sizes[1] * sizes[3]]);
    // Rows of each batch have numbers of their own.
    const first = tf.mul(tf.range(0, batches, 1, 'int32'), tf.scalar(rows, 'int32'));
    const row = tf.add(tf.reshape(indices, [batches, taken]), tf.reshape(first, [batches, 1]));
    const rowNumbers = tf.reshape(row, [batches * taken]) as tf.Tensor1D;
    const sums = tf.unsortedSegmentSum(flat, rowNumbers, batches * rows);
    const back = tf.transpose(tf.reshape(sums, [batches, rows, sizes[1], sizes[3]]), [0, 2, 1, 3]);
    return tf.reshape(back, x.shape);
  },
  indices: () => noGradient(indices),
}));

/** Rows with a negative segment were dropped. */
defineGradient('UnsortedSegmentSum', { inputs: ['segmentIds'] }, (dy, [segments]) => ({
  x: () => {
    const taken = tf.gather(dy, tf.maximum(segments, tf.zerosLike(segments)) as tf.Tensor1D);
    const kept = tf.cast(tf.greaterEqual(segments, tf.zerosLike(segments)), 'float32');
    const shape = [segments.size, ...taken.shape.slice(1).map(() => 1)];
    return tf.mul(taken, tf.reshape(kept, shape));
  },
}));

defineGradient('OneHot', { inputs: ['indices'] }, (_, [indices]) => ({
  indices: () => noGradient(indices),
}));

/** The gradient of each value that was chosen goes to its place. */
defineGradient<tf.Tensor[]>(
  'TopK',
  { inputs: ['x'], outputs: [false, true] },
  ([dy], [x, indices]) => ({
    x: () => {
      const [size, chosen] = [x.shape[x.rank - 1]!, indices.shape[indices.rank - 1]!];
      const places = tf.oneHot(tf.reshape(indices, [-1, chosen]), size);
      const slopes: tf.Tensor3D = tf.reshape(dy, [-1, 1, chosen]);
      return tf.reshape(tf.matMul(slopes, tf.cast(places, 'float32')), x.shape);
    },
  }),
);
