import type * as tf from '@tensorflow/tfjs-core';
import { jit } from './jit.js';

/**
 * The values of an array on the device. onnxruntime-node aborts the process when it is asked to download a
 * buffer; what it can do is to return one as the result of a graph.
 */
export const readDevice = jit((x: tf.Tensor) => x, {
  device: 'webgpu',
  cacheSize: 64,
  name: 'reading from the device',
});
