import * as tf from '@tensorflow/tfjs-core';

/** The same values; no gradient passes. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const stopped = tf.customGrad((...args) => {
    const [value] = args as unknown as [tf.Tensor];
    return { value: tf.clone(value), gradFunc: (dy) => tf.zerosLike(dy as tf.Tensor) };
  });
  return stopped(x) as T;
}
